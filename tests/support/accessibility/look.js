// Gives the other scripts eyes: `look` reads a picture.
() => {
  const { Color, getContrast: contrast } = axe.commons.color;
  globalThis.look = async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const within = (value, size) => Math.min(size - 1, Math.max(0, Math.round(value)));
    const pixels = new Uint32Array(data.buffer);
    const packed = (x, y) => pixels[within(y, height) * width + within(x, width)];
    const colour = (rgb) => new Color(rgb & 255, (rgb >> 8) & 255, (rgb >> 16) & 255, 1);
    return { width, height, packed, colour, at: (x, y) => colour(packed(x, y)), contrast };
  };
};
