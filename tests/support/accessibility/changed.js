// How many pixels two pictures of a thing and its surroundings differ in by a contrast. What is well
// inside does not count: a selected text changes, too, and does not say where the focus is.
async ([one, other, { x, y, width, height }, least]) => {
  const BORDER_PX = 4;
  const [before, after] = [await look(one), await look(other)];
  const isInside = (column, row) =>
    column > x + BORDER_PX && column < x + width - BORDER_PX && row > y + BORDER_PX && row < y + height - BORDER_PX;
  let changed = 0;
  for (let row = 0; row < before.height; row += 1) {
    for (let column = 0; column < before.width; column += 1) {
      if (isInside(column, row)) continue;
      if (before.packed(column, row) === after.packed(column, row)) continue;
      if (before.contrast(before.at(column, row), after.at(column, row)) >= least) changed += 1;
    }
  }
  return changed;
};
