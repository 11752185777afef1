// The page knows its age: when nobody replaced it in time, it says so by itself. Everything reads without this.
(() => {
  const old = document.getElementById("old");
  const words = (ms) => {
    const m = Math.max(0, Math.floor(ms / 6e4)), h = Math.floor(m / 60), d = Math.floor(h / 24);
    return d ? `${d} d ${h % 24} h` : h ? `${h} h ${m % 60} min` : `${m} min`;
  };
  const all = (what, then) => document.querySelectorAll(what).forEach(then);
  let turned = false;
  const turn = () => {
    const top = document.getElementById("top");
    top.className = "x";
    top.replaceChildren(old.content.cloneNode(true));
    document.title = old.dataset.tab;
    all("link[rel=icon]", (l) => { l.href = old.dataset.icon; });
    turned = true;
  };
  const tick = () => {
    const now = Date.now();
    if (old && !turned && now > +old.dataset.after) turn();
    if (turned) {
      const clock = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", timeZone: old.dataset.zone });
      all("[data-live=clock]", (e) => { e.textContent = clock.format(now).replace(/^0(?=\d)/, ""); });
      all("[data-note=age]", (e) => { e.textContent = `${words(now - old.dataset.look)} ago`; });
    }
    all("time[data-live=until]", (e) => {
      const left = Date.parse(e.dateTime) - now, note = e.parentNode.querySelector("[data-note=until]");
      note.textContent = left > 0 ? `or sooner, ${left < 6e4 ? "in less than a minute" : `in ${words(left)}`}` : "it is late";
    });
  };
  tick();
  setInterval(tick, 5000);
})();
