"use strict";
// Everything here makes the pages live; without it they can be read and their forms work.

// Times are written in UTC; shown in the browser's zone.
function localTimes(root) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = format.format(new Date(time.dateTime));
  }
}

// A part of the page is replaced when the server says that it has changed; not under a person's hands.
function show(name, html) {
  for (const part of document.querySelectorAll(`[data-live="${name}"]`)) {
    if (part.contains(document.activeElement) && document.activeElement !== document.body) {
      const place = [...part.querySelectorAll("a,button,summary")].indexOf(document.activeElement);
      part.innerHTML = html;
      const next = part.querySelectorAll("a,button,summary")[place];
      if (next) next.focus();
    } else {
      part.innerHTML = html;
    }
    localTimes(part);
  }
}

// One stream for all tabs of a browser: the tab that holds the lock reads it and tells the others.
const channel = new BroadcastChannel("keelson-live");
channel.onmessage = (message) => receive(message.data);

function receive(message) {
  document.documentElement.dataset.stream = message.lost ? "lost" : "live";
  if (message.ended) location.reload();
  if (message.name) show(message.name, message.html);
}

function tell(message) {
  channel.postMessage(message);
  receive(message);
}

// The server says something at least twice a second. A master that lost its power says nothing at all, not even that
// the connection is closed: silence is the sign to ask again, and whoever is master then answers.
const patience = 1200;
let pause = 100;

function stream() {
  let silence;
  const source = new EventSource("/live");
  const again = () => {
    clearTimeout(silence);
    source.close();
    tell({ lost: true });
    pause = Math.min(2 * pause, 1000);
    setTimeout(stream, pause);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(again, patience);
  };
  heard();
  source.onopen = () => { heard(); pause = 100; tell({}); };
  source.onerror = again;
  source.addEventListener("tick", heard);
  source.addEventListener("ended", () => { source.close(); clearTimeout(silence); tell({ ended: true }); });
  source.addEventListener("part", (event) => {
    heard();
    const [name, html] = JSON.parse(event.data);
    tell({ name, html });
  });
}

// A page that waits for something: asked again until the answer is another one.
function follow(part) {
  const again = async () => {
    try {
      // Without an end to its patience it would wait for a master that has gone.
      const answer = await fetch(part.dataset.follow, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(5000) });
      if (answer.ok) {
        const html = await answer.text();
        const hand = document.activeElement;
        const isTyping = part.contains(hand) && hand.value;
        if (html !== part.lastHTML && !isTyping) { part.innerHTML = html; part.lastHTML = html; localTimes(part); }
      }
    } catch { /* The node restarts in between, or the master changes: asked again. */ }
    if (!part.querySelector("[data-finished]")) setTimeout(again, 500);
  };
  setTimeout(again, 500);
}

// A license can be dropped as a file.
function dropZone(area) {
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", async (event) => {
    event.preventDefault();
    const file = event.dataTransfer.files[0];
    if (file && file.size <= 65536) area.value = await file.text();
  });
}

localTimes(document);
document.querySelectorAll("[data-follow]").forEach(follow);
document.querySelectorAll("textarea[data-drop]").forEach(dropZone);
if (document.querySelector("[data-live]")) navigator.locks.request("keelson-live", () => new Promise(stream));
