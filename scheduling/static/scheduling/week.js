// In the picture of a week one class takes the Tab key; arrow keys move to the next class in the picture.

const STEPS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };

const blocksOf = (place) => [...place.querySelectorAll("a.week-block, a.week-bar")];

function choose(frame, block) {
  for (const one of blocksOf(frame)) {
    one.tabIndex = one === block ? 0 : -1;
    // The link that moves it comes after it.
    const move = one.parentElement.querySelector(":scope > .week-move");
    if (move) move.tabIndex = one.tabIndex;
  }
}

// Where a block begins, by day and lane ("x" where time goes down), and when.
function placeOf(block, axis) {
  const box = block.getBoundingClientRect();
  return axis === "x" ? [box.left, box.right] : [box.top, box.bottom];
}

function least(blocks, cost) {
  return blocks.reduce((found, one) => (found && cost(found) <= cost(one) ? found : one), null);
}

// In the order of time a class leads to the next one of its day.
function later(block, day, axis, step) {
  const aside = axis === "x" ? "y" : "x";
  const [from] = placeOf(block, axis);
  const [lane] = placeOf(block, aside);
  const ahead = blocksOf(day).filter((one) => (placeOf(one, axis)[0] - from) * step > 1);
  return least(ahead, (one) => (placeOf(one, axis)[0] - from) * step + Math.abs(placeOf(one, aside)[0] - lane) / 1000);
}

// Across time it leads to a class beside it at the same time, else to the nearest time of the next day.
function beside(block, day, axis, step) {
  const time = axis === "x" ? "y" : "x";
  const [start, end] = placeOf(block, time);
  const [from] = placeOf(block, axis);
  const lanes = blocksOf(day).filter((one) => {
    const [otherStart, otherEnd] = placeOf(one, time);
    return (placeOf(one, axis)[0] - from) * step > 1 && otherStart < end && start < otherEnd;
  });
  if (lanes.length) return least(lanes, (one) => (placeOf(one, axis)[0] - from) * step);
  const days = [...day.parentElement.querySelectorAll(".week-day")];
  const rest = step > 0 ? days.slice(days.indexOf(day) + 1) : days.slice(0, days.indexOf(day)).reverse();
  const next = rest.find((one) => blocksOf(one).length);
  return next ? least(blocksOf(next), (one) => Math.abs(placeOf(one, time)[0] - start)) : null;
}

function target(frame, block, key) {
  const blocks = blocksOf(frame);
  if (key === "Home") return blocks[0];
  if (key === "End") return blocks.at(-1);
  const [axis, step] = STEPS[key];
  const day = block.closest(".week-day");
  const timeAxis = frame.classList.contains("week-across") ? "x" : "y";
  return axis === timeAxis ? later(block, day, axis, step) : beside(block, day, axis, step);
}

for (const frame of document.querySelectorAll("[data-week]")) {
  choose(frame, blocksOf(frame)[0]);
  frame.addEventListener("focusin", (event) => {
    const block = event.target.closest("a.week-block, a.week-bar");
    if (block) choose(frame, block);
  });
  frame.addEventListener("keydown", (event) => {
    const block = event.target.closest("a.week-block, a.week-bar");
    const isOurs = event.key in STEPS || event.key === "Home" || event.key === "End";
    if (!block || !isOurs || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    target(frame, block, event.key)?.focus();
  });
}
