/* La page d'une édition, tant qu'elle est ouverte. Sans ce script elle marche aussi : on recharge, on clique.
   1. Dès qu'il y a du nouveau, la page se relit et remplace ce qui a changé ; ce qu'on est en train d'écrire reste.
   2. Une annonce se déplace à la souris, au doigt, ou par les flèches du clavier.
   3. La longueur d'un objet se compte pendant qu'on l'écrit. */
"use strict";
(() => {
const direct = document.getElementById("direct");
if (!direct) return;
const page = direct.dataset.flux.replace(/\/flux$/, "");
const sources = new Map();
const parts = (root) => new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));

function say(words) {
  direct.textContent = "";
  requestAnimationFrame(() => { direct.textContent = words; });
}

/* Une chose à la fois, dans l'ordre. */
let line = Promise.resolve();
function next(work) {
  line = line.then(work).catch(() => say("La page ne se met plus à jour : rechargez-la."));
  return line;
}

/* 1. Ce qui est nouveau */

function address() {
  const query = new URLSearchParams(location.pathname === page ? location.search : "");
  query.delete("fait");
  return query.size ? `${page}?${query}` : page;
}

async function refresh(mine) {
  const answer = await fetch(address(), { headers: { Accept: "text/html" } });
  if (!answer.ok || new URL(answer.url).pathname !== page) throw new Error(answer.status);
  take(new DOMParser().parseFromString(await answer.text(), "text/html"), mine);
}

function take(fresh, mine) {
  const theirs = fresh.getElementById("direct");
  if (!theirs) return location.reload();
  const before = JSON.parse(direct.dataset.now), after = JSON.parse(theirs.dataset.now);
  const notice = direct.ownerDocument.querySelector("[data-part=avis]").textContent;
  const by = theirs.dataset.by;
  keep(() => {
    const coming = parts(fresh);
    for (const [name, part] of parts(document)) if (coming.has(name)) swap(name, part, coming.get(name), after, by);
    frames(fresh);
  });
  Object.assign(direct.dataset, theirs.dataset);
  if (mine) return;
  const words = [];
  if (after.arranged !== before.arranged) words.push(`${by} a enregistré.`);
  if (after.version !== before.version) words.push(`${theirs.dataset.said}.`);
  const told = fresh.querySelector("[data-part=avis]").textContent;
  if (told !== notice && told.trim()) words.push(told.trim().replace(/\s+/g, " "));
  if (words.length) say(words.join(" "));
}

function swap(name, old, fresh, now, by) {
  if (sources.get(name) === fresh.innerHTML) return;
  sources.set(name, fresh.innerHTML);
  const coming = document.importNode(fresh, true);
  for (const form of [...old.querySelectorAll("form")].filter(dirty)) {
    const place = [...coming.querySelectorAll("form")].find((one) => named(one) === named(form));
    if (Number(form.elements.vu?.value) < now.arranged) tell(form, `${by} a enregistré depuis que vous écrivez. Rien de ce que vous écrivez n’est perdu : en enregistrant, vous verrez ce qui diffère.`);
    if (place) place.replaceWith(form);
    else {
      tell(form, "Cette annonce n’est plus dans l’édition : copiez ce que vous écriviez.");
      coming.append(form.closest("li") || form);
    }
  }
  old.replaceChildren(...coming.childNodes);
  dress(old);
}

const named = (form) => `${form.closest("li[id]")?.id || ""} ${form.getAttribute("action")}`;

function dirty(form) {
  return form.dataset.typed !== undefined || [...form.elements].some((one) =>
    one.type === "checkbox" ? one.checked !== one.defaultChecked
      : (one.type === "text" || one.type === "textarea") && one.value !== one.defaultValue);
}

function tell(form, words) {
  const said = form.querySelector(".since") || Object.assign(document.createElement("p"), { className: "since" });
  said.textContent = words;
  form.prepend(said);
}

/* Le curseur, ce qui est ouvert et la hauteur de la page restent où ils sont. */
function keep(work) {
  const active = document.activeElement, there = active && active !== document.body && place(active);
  const selected = active && "selectionStart" in active && [active.selectionStart, active.selectionEnd];
  const open = [...document.querySelectorAll("main details[open]")].map(place);
  const anchor = [...document.querySelectorAll("main li[id], main section, main .frames")]
    .find((one) => one.getBoundingClientRect().bottom > 0);
  const seen = anchor && [place(anchor), anchor.getBoundingClientRect().top];
  work();
  for (const one of open) { const found = find(one); if (found) found.open = true; }
  if (seen) {
    const found = find(seen[0]);
    if (found) scrollBy(0, found.getBoundingClientRect().top - seen[1]);
  }
  const back = there && (active.isConnected ? active : find(there));
  if (!back || back === document.activeElement) return;
  back.focus({ preventScroll: true });
  if (selected && selected[0] !== null) back.setSelectionRange(...selected);
}

function place(one) {
  const owner = one.closest("[id]") || document.body;
  return [owner.id, one === owner ? "" : one.tagName, owner === one ? 0 : alike(owner, one.tagName).indexOf(one)];
}

function find([id, tag, number]) {
  const owner = id ? document.getElementById(id) : document.body;
  return owner && tag ? alike(owner, tag)[number] : owner;
}

const alike = (owner, tag) => [...owner.querySelectorAll(tag)].filter((one) => !one.id);

/* Une lettre nouvelle se charge derrière celle qui est là, puis prend sa place. */
function frames(fresh) {
  const articles = [...fresh.querySelectorAll(".frames article")];
  if (articles.length !== document.querySelectorAll(".frames article").length) return location.reload();
  for (const article of articles) {
    const old = document.getElementById(article.querySelector("h3").id)?.closest("article");
    if (!old) return location.reload();
    old.querySelector(".inbox").replaceWith(document.importNode(article.querySelector(".inbox"), true));
    old.querySelector(":scope > .small").replaceWith(document.importNode(article.querySelector(":scope > .small"), true));
    bring(old.querySelector(".frame"), document.importNode(article.querySelector("iframe"), true));
  }
}

function bring(box, coming, then = () => {}) {
  if (box.lastElementChild.getAttribute("src") === coming.getAttribute("src")) return then();
  while (box.children.length > 1) {
    const late = box.lastElementChild;
    late.remove();
    late.dispatchEvent(new Event("load"));
  }
  coming.classList.add("coming");
  coming.setAttribute("aria-hidden", "true");
  const settle = () => {
    then();
    if (!coming.isConnected || !coming.classList.contains("coming")) return;
    while (box.firstElementChild !== coming) box.firstElementChild.remove();
    coming.classList.remove("coming");
    coming.removeAttribute("aria-hidden");
  };
  coming.addEventListener("load", settle, { once: true });
  setTimeout(settle, 10000);
  box.append(coming);
}

/* Les lettres n'attendent pas que la page se soit relue ; c'est elle qui les attend. */
function ahead(now) {
  if (now.version === JSON.parse(direct.dataset.now).version) return null;
  return Promise.all([...document.querySelectorAll(".frames .frame")].map((box) => new Promise((done) => {
    const coming = box.lastElementChild.cloneNode(), [path, query] = coming.getAttribute("src").split("?");
    const words = new URLSearchParams(query);
    words.set("v", now.version);
    coming.setAttribute("src", `${path}?${words}`);
    bring(box, coming, done);
  })));
}

let stream = null;
function listen() {
  if (!window.EventSource || (stream && stream.readyState !== EventSource.CLOSED)) return;
  stream = new EventSource(direct.dataset.flux);
  stream.addEventListener("message", (event) => {
    const there = ahead(JSON.parse(event.data));
    next(() => there);
    next(() => event.data === direct.dataset.now ? null : refresh(false));
  });
  stream.addEventListener("assez", () => stream.close());
}
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", listen);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && listen());

/* 2. Déplacer une annonce */

const RANK = (number) => number === 1 ? "1re" : `${number}e`;
const title = (item) => item.querySelector(".title b").textContent;
const group = (item) => [...item.parentNode.children].filter((one) => one.dataset.place === item.dataset.place);
const behind = (item) => {
  const all = [...item.parentNode.children].filter((one) => one.dataset.place);
  return all[all.indexOf(item) + 1]?.id.replace("annonce-", "") || "";
};
let waiting = null, timer = 0, sending = 0;

function put(item, before) {
  const focused = item.contains(document.activeElement) ? document.activeElement : null;
  item.parentNode.insertBefore(item, before);
  edges(item.parentNode);
  if (focused) (focused.disabled ? item.querySelector(".grip") : focused).focus({ preventScroll: true });
  const all = group(item), said = `« ${title(item)} » : ${RANK(all.indexOf(item) + 1)} sur ${all.length}.`;
  say(said);
  if (waiting && waiting.item !== item.id) send();
  waiting = { item: item.id, before: behind(item), said };
  clearTimeout(timer);
  timer = setTimeout(send, 400);
}

function step(item, way) {
  const all = group(item), to = all.indexOf(item) + way;
  if (to < 0 || to >= all.length) return say(`« ${title(item)} » est déjà ${way < 0 ? "en tête" : "en dernier"}.`);
  put(item, way < 0 ? all[to] : all[to].nextElementSibling);
}

function edges(list) {
  const all = [...list.children].filter((one) => one.dataset.place);
  all.forEach((one, number) => {
    const [up, down] = ["monter", "descendre"].map((act) => one.querySelector(`[name=faire][value=${act}]`));
    if (up) up.disabled = number === 0;
    if (down) down.disabled = number === all.length - 1;
  });
}

function send() {
  clearTimeout(timer);
  const moved = waiting;
  waiting = null;
  if (!moved) return;
  sending += 1;
  const over = () => { sending -= 1; };
  next(async () => {
    const form = document.getElementById(moved.item)?.querySelector("form[action$='/annonce']");
    if (!form) return;
    const seen = form.elements.vu.value;
    const said = { csrf: form.elements.csrf.value, vu: seen, annonce: form.elements.annonce.value, faire: "placer", avant: moved.before };
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(said), redirect: "manual" });
    const done = answer.type === "opaqueredirect";
    if (done) {
      for (const other of document.querySelectorAll("main form")) {
        if (other.elements.vu?.value === seen) other.elements.vu.value = Number(seen) + 1;
      }
    } else sources.delete("annonces");
    const refused = !done && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("h1");
    await refresh(true);
    say(done ? `${moved.said} C’est enregistré.` : `${refused?.textContent || "Ce n’est pas enregistré"} : l’ordre est celui qui est enregistré.`);
  }).then(over, over);
}

/* Un formulaire envoyé pendant qu'un déplacement s'enregistre attend son tour : on ne se devance pas soi-même. */
document.addEventListener("submit", (event) => {
  if (!waiting && !sending) return;
  event.preventDefault();
  const form = event.target, name = named(form), button = event.submitter;
  send();
  line.then(() => {
    const there = form.isConnected ? form : [...document.forms].find((one) => named(one) === name);
    const pressed = button && [...(there?.elements || [])].find((one) => one.name === button.name && one.value === button.value);
    there?.requestSubmit(pressed || undefined);
  });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=faire][value=monter], button[name=faire][value=descendre]");
  if (!button) return;
  event.preventDefault();
  step(button.closest("li"), button.value === "monter" ? -1 : 1);
});

document.addEventListener("keydown", (event) => {
  const grip = event.target.closest(".grip");
  const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!grip || !way) return;
  event.preventDefault();
  step(grip.closest("li"), way);
});

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".grip");
  if (!grip || event.button !== 0) return;
  event.preventDefault();
  grip.focus({ preventScroll: true });
  grip.setPointerCapture(event.pointerId);
  drag(grip, grip.closest("li"));
});

function drag(grip, item) {
  let release, before;
  const held = new Promise((done) => { release = done; });
  next(() => held);
  const gone = new AbortController();
  const unmark = () => item.parentNode.querySelectorAll(".drop, .drop-last").forEach((one) => one.classList.remove("drop", "drop-last"));
  const end = (drop) => {
    gone.abort();
    unmark();
    item.classList.remove("held");
    release();
    if (drop && before !== undefined && before !== item && before !== item.nextElementSibling) put(item, before);
  };
  const over = (event) => {
    const all = group(item), edge = 60;
    item.classList.add("held");
    before = all.find((one) => { const box = one.getBoundingClientRect(); return event.clientY < box.top + box.height / 2; });
    unmark();
    if (before) before.classList.add("drop");
    else {
      all[all.length - 1].classList.add("drop-last");
      before = all[all.length - 1].nextElementSibling;
    }
    if (event.clientY < edge) scrollBy(0, -12);
    if (event.clientY > innerHeight - edge) scrollBy(0, 12);
  };
  const here = { signal: gone.signal };
  grip.addEventListener("pointermove", over, here);
  grip.addEventListener("pointerup", () => end(true), here);
  grip.addEventListener("pointercancel", () => end(false), here);
  document.addEventListener("keydown", (event) => event.key === "Escape" && end(false), here);
}

/* 3. Compter */

const signs = (words) => window.Intl?.Segmenter
  ? [...new Intl.Segmenter("fr", { granularity: "grapheme" }).segment(words)].map((one) => one.segment) : [...words];

document.addEventListener("input", (event) => {
  const help = document.getElementById(event.target.getAttribute("aria-describedby"));
  if (!help?.dataset.most) return;
  const all = signs(event.target.value.trim().replace(/\s+/g, " ") || event.target.placeholder), most = Number(help.dataset.most);
  const shown = all.length <= most ? all.join("") : `${all.slice(0, most - 1).join("").trimEnd()}…`;
  help.textContent = `${all.length} signes. Sur un téléphone : « ${shown} »`;
});

function dress(root) {
  for (const grip of root.querySelectorAll(".grip")) grip.hidden = false;
}

for (const [name, part] of parts(document)) sources.set(name, part.innerHTML);
dress(document);
listen();
})();
