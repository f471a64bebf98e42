// The least contrast of a field's edge, or of its ground, with what is outside: on all four sides.
async ([picture, { x, y, width, height }]) => {
  const { at, contrast } = await look(picture);
  const OUTSIDE_PX = 4;
  const INSIDE_PX = 4;
  // In the middle of each: the corners are round.
  const sides = [
    [x, y + height / 2, 1, 0],
    [x + width - 1, y + height / 2, -1, 0],
    [x + width / 2, y, 0, 1],
    [x + width / 2, y + height - 1, 0, -1],
  ];
  const stands = ([fromX, fromY, inX, inY]) => {
    const beside = at(fromX - inX * OUTSIDE_PX, fromY - inY * OUTSIDE_PX);
    // A box at half a pixel is drawn at a whole one: its edge may begin one further out.
    const edge = Array.from({ length: INSIDE_PX + 2 }, (_, px) => at(fromX + inX * (px - 1), fromY + inY * (px - 1)));
    return Math.max(...edge.map((each) => contrast(beside, each)));
  };
  return Math.min(...sides.map(stands));
};
