// The least contrast of each text with the pixels that a picture without texts has in its place.
async ([picture, texts]) => {
  const { Color } = axe.commons.color;
  const { packed, colour, contrast } = await look(picture);
  return texts.map(({ boxes, inks, opacity }) => {
    const grounds = new Set();
    for (const { left, top, right, bottom } of boxes) {
      for (let y = top; y < bottom; y += 1) {
        for (let x = left; x < right; x += 1) grounds.add(packed(x, y));
      }
    }
    let least = 21;
    for (const ground of grounds) {
      for (const [r, g, b, a] of inks) least = Math.min(least, contrast(colour(ground), new Color(r, g, b, a * opacity)));
    }
    return least;
  });
};
