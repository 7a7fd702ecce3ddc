// Forms in a dialog: a link marked so opens its page there; without this script it leads to the page itself.
// An answer opens in a dialog of its own, over a form too, so that nothing typed is lost.

const dialog = document.getElementById("dialog");
const body = document.getElementById("dialog-body");
const answer = document.getElementById("answer");
const answerBody = document.getElementById("answer-body");
const ROW = "edited row";

function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog], a[data-answer]");
  if (link && isPlain(event)) {
    event.preventDefault();
    if (link.closest("tbody")) sessionStorage.setItem(ROW, JSON.stringify([location.href, link.href]));
    const target = link.matches("[data-answer]") ? "#answer-body" : "#dialog-body";
    window.htmx.ajax("GET", link.href, { target, swap: "innerHTML" });
  } else if (event.target.closest("#answer [data-close]")) {
    event.preventDefault();
    answer.close();
  } else if (event.target.closest("[data-close]") && dialog?.open) {
    event.preventDefault();
    if (mayClose()) dialog.close();
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target === answerBody && !answer.open) answer.showModal();
  if (event.detail.target !== body) return;
  if (!dialog.open) dialog.showModal();
  const first = body.querySelector("[data-first-error]") ?? body.querySelector("input:not([type=hidden]), select, textarea");
  first?.focus();
});

// The browser gives the focus back to where it was.
dialog?.addEventListener("close", () => {
  body.replaceChildren();
  sessionStorage.removeItem(ROW);
});

// After a save the list is there anew: the keyboard goes on from the row that was edited.
const [list, edited] = JSON.parse(sessionStorage.getItem(ROW) ?? "[]");
sessionStorage.removeItem(ROW);
if (list === location.href) {
  [...document.querySelectorAll("tbody a")].find((one) => one.href === edited)?.focus({ preventScroll: true });
}

// Control and Enter save from anywhere in a form, also from a text of many lines.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("[data-editor] form");
  form?.requestSubmit(form.querySelector("button[name=do][value=save]"));
});
answer?.addEventListener("close", () => answerBody.replaceChildren());

// What is typed is not lost by a slip: a dialog with changes asks before it closes.
function mayClose() {
  const hasChanges = body.querySelector("form[data-changed]");
  return !hasChanges || window.confirm("Close without saving what you changed?");
}
dialog?.addEventListener("cancel", (event) => {
  if (!mayClose()) event.preventDefault();
});

// While somebody types, the checks of the form as it stands are told beside the meetings. Not by htmx, which
// complains in the console of each request that the next letter, or leaving the page, makes needless.
let pause;
let asking;

async function check(form) {
  const place = form.querySelector("[data-checks]");
  if (!place) return;
  asking?.abort();
  asking = new AbortController();
  const sent = new URLSearchParams(new FormData(form));
  sent.set("do", "check");
  const asked = { method: "POST", body: sent, headers: { "HX-Request": "true" }, signal: asking.signal };
  const told = await fetch(form.action, asked).catch(() => null);
  if (told?.ok && !told.redirected) place.innerHTML = await told.text().catch(() => place.innerHTML);
}

for (const [name, wait] of [["input", 400], ["change", 100]]) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest("[data-editor] form");
    if (!form) return;
    form.dataset.changed = "yes";
    clearTimeout(pause);
    pause = setTimeout(() => form.isConnected && check(form), wait);
  });
}
document.addEventListener("submit", () => clearTimeout(pause));

// Usual days and times fill the row they stand in.
document.addEventListener("change", (event) => {
  if (!event.target.matches("select[data-pattern]") || !event.target.value) return;
  const row = event.target.closest(".meeting-row");
  const [days, start, end] = event.target.value.split("|");
  for (const box of row.querySelectorAll(".day-ticks input")) box.checked = days.includes(box.value);
  row.querySelector("[name$=start_time]").value = start;
  row.querySelector("[name$=end_time]").value = end;
});

// A meeting is arranged, or it has days and times.
document.addEventListener("change", (event) => {
  const row = event.target.closest(".meeting-row");
  const arranged = row?.querySelector("[name$=arranged]");
  if (!arranged) return;
  if (event.target === arranged && arranged.checked) {
    for (const box of row.querySelectorAll(".day-ticks input")) box.checked = false;
    for (const one of row.querySelectorAll("[type=time], [data-pattern]")) one.value = "";
  } else if (row.querySelector(".day-ticks input:checked") || row.querySelector("[name$=start_time]").value) {
    arranged.checked = false;
  }
});

// A free room goes to the first meeting without a room, else to the first one.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-room]");
  if (!button) return;
  const rows = [...button.closest("form").querySelectorAll(".meeting-row")];
  const hasTime = (row) => row.querySelector("[name$=start_time]").value;
  const place = (row) => row.querySelector("[name$=place]");
  const row = rows.find((one) => hasTime(one) && !place(one).value) ?? rows.find(hasTime);
  if (!row) return;
  place(row).value = button.dataset.room;
  place(row).dispatchEvent(new Event("input", { bubbles: true }));
  place(row).focus();
});

// `e` on a row opens its editor.
document.addEventListener("keydown", (event) => {
  if (event.key !== "e" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, dialog[open]")) return;
  document.activeElement.closest("tr")?.querySelector("a[data-dialog]")?.click();
});

const firstError = document.querySelector("main [data-first-error]");
firstError?.focus();
