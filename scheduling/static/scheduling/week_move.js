// A class in the picture of a week is dragged, or picked up with M and moved with the arrow keys. That saves
// nothing: the form that moves it opens, filled in, with what stands against it. A finger that moves at once
// scrolls; one that rests on a class picks it up. Without this script each class has a link to the same form.

const STEP = 15; // minutes
const FAR = 6; // pixels from where a press is a drag
const UNSTEADY = 12; // pixels that a resting finger may stir
const HOLD = 450; // milliseconds that a finger rests on a class to pick it up
const EDGE = 44; // pixels from an edge within which a drag scrolls
const ROLL = 8; // pixels that it scrolls a frame
const DAYS = { M: "Monday", T: "Tuesday", W: "Wednesday", R: "Thursday", F: "Friday", S: "Saturday", U: "Sunday" };
const ARROWS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };

const dialog = document.getElementById("dialog");
let pressed = null; // where a mouse, a pen or a finger went down on a class
let pointer = null; // where it is now, while it drags
let held = null; // the class that is on its way

const two = (number) => String(number).padStart(2, "0");
const written = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
const spoken = (minutes) =>
  `${Math.floor(minutes / 60) % 12 || 12}:${two(minutes % 60)} ${minutes < 720 ? "am" : "pm"}`;

function say(frame, words) {
  frame.parentElement.querySelector("[data-week-said]").textContent = words;
}

function pickUp(block) {
  const frame = block.closest("[data-week]");
  const plot = block.closest("[data-day]");
  const [start, length] = block.dataset.slot.split("+").map(Number);
  held = {
    block,
    frame,
    isAcross: frame.classList.contains("week-across"),
    first: Number(frame.dataset.start),
    span: Number(frame.dataset.span),
    length,
    home: plot,
    plot,
    begins: start,
    start,
    ghost: document.createElementNS("http://www.w3.org/2000/svg", "rect"),
  };
  held.ghost.setAttribute("class", "week-ghost");
  frame.classList.add("week-moving");
  put(plot, start);
}

// Where it would be, drawn and told.
function put(plot, start) {
  const fitting = Math.min(Math.max(start, held.first), held.first + held.span - held.length);
  if (held.ghost.parentNode === plot && held.start === fitting) return;
  held.plot = plot;
  held.start = fitting;
  const at = `${(100 * (held.start - held.first)) / held.span}%`;
  const size = `${(100 * held.length) / held.span}%`;
  const place = held.isAcross
    ? { x: at, width: size, y: 0, height: "100%" }
    : { y: at, height: size, x: 0, width: "100%" };
  for (const [name, value] of Object.entries(place)) held.ghost.setAttribute(name, value);
  plot.append(held.ghost);
  const room = plot.dataset.room ? `, ${plot.dataset.room}` : "";
  const where = `${DAYS[plot.dataset.day]} ${spoken(held.start)}${room}`;
  say(held.frame, `${where}. Enter shows what that would mean, Esc puts the class back.`);
}

function putBack(words = "Put back.") {
  if (!held) return;
  const { block, frame, ghost } = held;
  held = null;
  ghost.remove();
  frame.classList.remove("week-moving");
  say(frame, words);
  block.focus();
}

const hasMoved = () => held.plot !== held.home || held.start !== held.begins;

// The form opens, filled in; until it closes the picture shows where the class would be.
function ask() {
  const { block, home, plot, start } = held;
  const to = new URL(block.dataset.move, location.href);
  to.searchParams.set("from", home.dataset.day);
  to.searchParams.set("to", plot.dataset.day);
  to.searchParams.set("start", written(start));
  if (plot.dataset.room !== home.dataset.room) to.searchParams.set("room", plot.dataset.room);
  to.searchParams.set("next", location.pathname + location.search);
  held.isAsked = true;
  say(held.frame, "");
  window.htmx.ajax("GET", to.pathname + to.search, { target: "#dialog-body", swap: "innerHTML" }).catch(failed);
}

function failed() {
  if (held?.isAsked) putBack("The form could not be opened, so the class is back where it was; try again.");
}
document.addEventListener("htmx:responseError", failed);
dialog?.addEventListener("close", () => putBack(""));

// ---- keys

const plots = () => [...held.frame.querySelectorAll("[data-day]")];
const ofRoom = () => plots().filter((one) => one.dataset.room === held.plot.dataset.room);
const ofDay = () => plots().filter((one) => one.dataset.day === held.plot.dataset.day);

function byKey(key) {
  const [axis, step] = ARROWS[key];
  const others = "room" in held.plot.dataset ? ofDay() : ofRoom();
  if (axis !== (held.isAcross ? "x" : "y")) {
    put(others[others.indexOf(held.plot) + step] ?? held.plot, held.start);
    return;
  }
  const start = held.start + step * STEP;
  const isOver = start < held.first || start + held.length > held.first + held.span;
  const days = ofRoom();
  const next = days[days.indexOf(held.plot) + step];
  // Where all days stand in one line, the end of one is the beginning of the next.
  if (isOver && next && "room" in next.dataset) put(next, step > 0 ? held.first : held.first + held.span);
  else put(held.plot, start);
}

document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const block = event.target.closest?.("[data-week] a");
    if (held && !held.isAsked) {
      if (event.key in ARROWS) byKey(event.key);
      else if (event.key === "Enter" && hasMoved()) ask();
      else if (event.key === "Escape" || event.key === "Enter") putBack();
      else {
        if (event.key === "Tab") putBack();
        return;
      }
      held?.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
      letGo();
    } else if (block && event.key.toLowerCase() === "m") {
      if (block.dataset.move) pickUp(block);
      else if (block.dataset.lock) say(block.closest("[data-week]"), block.dataset.lock);
      else return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

// ---- mouse, pen and finger

const along = (box, event, isAcross) =>
  isAcross ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height;
const isDragged = () => held?.grip !== undefined && !held.isAsked;

function letGo() {
  clearTimeout(pressed?.resting);
  pressed = null;
}

document.addEventListener("pointerdown", (event) => {
  letGo();
  if (!event.isPrimary) {
    if (isDragged()) putBack(); // two fingers zoom
    return;
  }
  const block = event.target.closest("a[data-move], a[data-lock]");
  if (!block || event.button !== 0 || !block.closest("[data-week]")) return;
  pressed = { block, clientX: event.clientX, clientY: event.clientY };
  if (event.pointerType === "touch") pressed.resting = setTimeout(startDrag, HOLD);
});

function startDrag() {
  const { block } = pressed;
  pressed.isDrag = true;
  if (!block.dataset.move) {
    say(block.closest("[data-week]"), block.dataset.lock);
    return;
  }
  if (held) putBack();
  pickUp(block);
  const at = along(held.home.getBoundingClientRect(), pressed, held.isAcross);
  held.grip = held.first + at * held.span - held.begins;
  pointer = pressed;
  requestAnimationFrame(roll);
}

document.addEventListener("pointermove", (event) => {
  if (!pressed || !event.isPrimary) return;
  const way = Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY);
  if (!pressed.isDrag && way > (pressed.resting ? UNSTEADY : FAR)) {
    if (pressed.resting) letGo();
    else startDrag();
  }
  if (!isDragged()) return;
  pointer = event;
  follow();
});

function follow() {
  const plot = document.elementFromPoint(pointer.clientX, pointer.clientY)?.closest("[data-day]");
  if (!plot || plot.closest("[data-week]") !== held.frame) return;
  const at = along(plot.getBoundingClientRect(), pointer, held.isAcross);
  const minutes = held.first + at * held.span - held.grip - held.begins;
  put(plot, held.begins + Math.round(minutes / STEP) * STEP);
}

// Near an edge of the picture or of the window, what is beyond comes into sight.
function roll() {
  if (!isDragged()) return;
  const box = held.frame.getBoundingClientRect();
  const step = (at, from, to) => (at < from + EDGE ? -ROLL : at > to - EDGE ? ROLL : 0);
  const right = step(pointer.clientX, Math.max(box.left, 0), Math.min(box.right, innerWidth));
  const down = step(pointer.clientY, Math.max(box.top, 0), Math.min(box.bottom, innerHeight));
  if (right || down) {
    held.frame.scrollBy(right, down);
    scrollBy(0, step(pointer.clientY, 0, innerHeight));
    follow();
  }
  requestAnimationFrame(roll);
}

document.addEventListener("pointerup", () => {
  clearTimeout(pressed?.resting);
  if (isDragged()) hasMoved() ? ask() : putBack();
});
document.addEventListener("pointercancel", () => {
  letGo();
  if (held && !held.isAsked) putBack();
});

// A finger that carries a class scrolls nothing, and holding it down opens no menu of the browser.
for (const frame of document.querySelectorAll("[data-week]")) {
  frame.addEventListener("touchmove", (event) => isDragged() && event.preventDefault(), { passive: false });
  frame.addEventListener("contextmenu", (event) => pressed?.resting && event.preventDefault());
}

// A drag is no click, and neither the link's own drag nor a selection of text.
document.addEventListener(
  "click",
  (event) => {
    if (pressed?.isDrag) {
      event.preventDefault();
      event.stopPropagation();
    }
    letGo();
  },
  true,
);
document.addEventListener("dragstart", (event) => {
  if (event.target.closest?.("[data-week] a")) event.preventDefault();
});
document.addEventListener("selectstart", (event) => {
  if (pressed) event.preventDefault();
});
