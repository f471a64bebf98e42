// Where doubtful texts are, and in which inks: those in sight, which are taken out of the list. What
// has gone meanwhile, and what says nothing, is no text.
(doubtful) => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const lineage = (element) => (element ? [element, ...lineage(element.parentElement)] : []);
  const styles = (element) => lineage(element).map((each) => getComputedStyle(each));
  const isField = (element) => element.matches('input, select, textarea');

  const said = (element) => {
    if (isField(element)) return element.selectedOptions?.[0]?.text ?? (element.value || element.placeholder);
    return [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data).join(' ');
  };

  // A text that is cut out of a gradient has all colours of it.
  const inks = (element) => {
    const own = getComputedStyle(element, isField(element) && element.matches(':placeholder-shown') ? '::placeholder' : null);
    const ground = lineage(element).find((each) => getComputedStyle(each).backgroundClip === 'text');
    if (rgba(own.color)[3] > 0 || ground === undefined) return [rgba(own.color)];
    return getComputedStyle(ground).backgroundImage.match(/(rgb|color|oklch|hsl)a?\([^)]*\)/g).map(rgba);
  };

  const boxes = (element) => {
    const style = getComputedStyle(element);
    if (isField(element)) {
      const { left, top, width, height } = element.getBoundingClientRect();
      canvas.font = style.font;
      const start = left + parseFloat(style.paddingLeft) + parseFloat(style.borderLeftWidth);
      const room = width - (start - left) * 2;
      const over = parseFloat(style.paddingTop) + parseFloat(style.borderTopWidth);
      const written = Math.min(room, canvas.measureText(said(element)).width);
      return [{ left: start, right: start + written, top: top + over, bottom: top + height - over }];
    }
    const range = document.createRange();
    return [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).flatMap((node) => {
      range.selectNodeContents(node);
      return [...range.getClientRects()];
    });
  };

  // What a mask fades is on its way out of sight.
  const FADED = 0.25;
  const cut = (element, box) =>
    lineage(element).reduce((left, each) => {
      const style = getComputedStyle(each);
      if (each === document.body || each === document.documentElement || style.overflow === 'visible') return left;
      const { left: from, top, right, bottom, height } = each.getBoundingClientRect();
      const faded = style.maskImage === 'none' ? 0 : height * FADED;
      return {
        left: Math.max(left.left, from), right: Math.min(left.right, right),
        top: Math.max(left.top, top + faded), bottom: Math.min(left.bottom, bottom),
      };
    }, { left: Math.max(0, box.left), right: Math.min(innerWidth, box.right), top: Math.max(0, box.top), bottom: Math.min(innerHeight, box.bottom) });

  const isOnTop = (element, { left, top, right, bottom }) => {
    const [first] = document.elementsFromPoint((left + right) / 2, (top + bottom) / 2)
      .filter((each) => getComputedStyle(each).pointerEvents !== 'none');
    return first !== undefined && (first.contains(element) || element.contains(first) || first.closest('label')?.contains(element) === true);
  };

  const seen = (element) => {
    const shown = boxes(element)
      .map((box) => ({ whole: box, left: cut(element, box) }))
      // Half a letter is no letter: it is in sight when its full height is.
      .filter(({ whole, left }) => left.right - left.left >= 2 && left.bottom - left.top > (whole.bottom - whole.top) * 0.9)
      .map(({ left }) => ({
        left: Math.ceil(left.left), right: Math.floor(left.right), top: Math.ceil(left.top), bottom: Math.floor(left.bottom),
      }))
      .filter((box) => isOnTop(element, box));
    if (shown.length === 0) return null;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    return {
      words: said(element).trim().slice(0, 60),
      where: `${element.tagName.toLowerCase()}.${element.className} in ${element.parentElement?.className ?? ''}`,
      isLarge: size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700),
      inks: inks(element),
      opacity: styles(element).reduce((product, { opacity }) => product * Number(opacity), 1),
      boxes: shown,
    };
  };

  const modal = document.querySelector('dialog:modal');
  const says = (element) => {
    if (modal !== null && !modal.contains(element)) return false;
    if (!element.isConnected || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const isPicture = inks(element).every(([, , , a]) => a === 0) && element.closest('[aria-hidden=true]') !== null;
    return !isPicture && /\S/.test(said(element).replace(/[\p{Extended_Pictographic}\u{FE0F}\u{200D}]/gu, ''));
  };

  const texts = [];
  for (const element of doubtful.splice(0).filter(says)) {
    const text = seen(element);
    if (text === null) doubtful.push(element);
    else texts.push(text);
  }
  return texts;
};
