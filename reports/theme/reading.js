// What helps to read: on a narrow screen chapters are folded to their headings; links to every place; signs where a table
// goes on sideways; terms that explain themselves. Without this script all chapters are open.
(function () {
  "use strict";
  var english = page.english, say = page.say, element = page.element, all = page.all, later = page.later;

  // --- chapters; report.css hides the same ones until this script has run

  var narrow = window.matchMedia("(max-width: 61.99rem)");
  var boxes = all("main > .chapter");

  function title(box) { return box.previousElementSibling; }

  function open(box, on) {
    var button = title(box).querySelector("button.fold");
    if (on) { box.removeAttribute("hidden"); } else { box.setAttribute("hidden", "until-found"); }
    if (button) { button.setAttribute("aria-expanded", String(on)); }
    title(box).classList.toggle("closed", !on);
    if (on) { box.dispatchEvent(new CustomEvent("unfolded", { bubbles: true })); }
  }

  function fold(box) { // the heading becomes a button that opens its chapter
    var head = title(box), button = element("button", { type: "button", "class": "fold" });
    button.append.apply(button, Array.from(head.childNodes).filter(function (node) { return node.className !== "permalink"; }));
    head.prepend(button);
    button.addEventListener("click", function () {
      open(box, box.hasAttribute("hidden"));
      if (head.getBoundingClientRect().top < 0 || box.hasAttribute("hidden")) { head.scrollIntoView({ block: "nearest" }); }
    });
    head.classList.add("folds");
    open(box, box.classList.contains("first"));
  }

  function unfold(box) {
    var button = title(box).querySelector("button.fold");
    if (button) { button.replaceWith.apply(button, button.childNodes); }
    title(box).classList.remove("folds");
    open(box, true);
  }

  function reveal(hash) { // opens the chapter that holds, or is headed by, the place that a link leads to; returns the place
    var place = null;
    try { place = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1))); } catch (error) { return null; } // no address
    var box = place && (place.closest(".chapter") || boxes.find(function (one) { return title(one) === place; }));
    if (!box || !box.hasAttribute("hidden")) { return null; }
    open(box, true);
    return place;
  }

  function go() { var place = reveal(location.hash); if (place) { place.scrollIntoView(); } }

  boxes.forEach(function (box) { box.addEventListener("beforematch", function () { open(box, true); }); }); // search in the page
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[href^='#']");
    if (link) { reveal(link.hash); } // the browser goes there itself, and remembers from where
  }, true);
  window.addEventListener("hashchange", go);

  // --- who comes back to the page, or loads it again, finds open what was open, and so the place

  var KEPT = "chapters " + location.pathname;

  function keep() {
    var opened = boxes.map(function (box, at) { return box.hasAttribute("hidden") ? -1 : at; });
    try { sessionStorage.setItem(KEPT, JSON.stringify(opened)); } catch (error) { /* none is allowed: all begins folded */ }
  }

  function restore() {
    var way = performance.getEntriesByType("navigation")[0];
    if (!way || (way.type !== "reload" && way.type !== "back_forward")) { return; }
    try {
      JSON.parse(sessionStorage.getItem(KEPT) || "[]").forEach(function (at) { if (boxes[at]) { open(boxes[at], true); } });
    } catch (error) { /* as above */ }
  }
  window.addEventListener("pagehide", function () { if (narrow.matches) { keep(); } });

  // --- a link to every heading, figure and table

  function permalink(id, name) {
    return element("a", { "class": "permalink", href: "#" + id, "aria-label": say("链接到", "Link to ") + name.trim().replace(/\s+/g, " ") });
  }
  all("main h2[id], main h3[id]").forEach(function (head) {
    var link = permalink(head.id, head.textContent);
    link.textContent = "¶";
    head.append(link);
  });
  all("main figure[id] > figcaption > .number").forEach(function (number) {
    var link = permalink(number.closest("figure").id, number.textContent);
    link.append.apply(link, number.childNodes);
    number.append(link);
  });

  function arrange() { boxes.forEach(narrow.matches && boxes.length > 1 ? fold : unfold); }
  narrow.addEventListener("change", arrange);
  if (narrow.matches) { arrange(); restore(); go(); }
  document.documentElement.dataset.chapters = "arranged";

  // --- a sign at the side at which a table goes on

  function cue(scroll) {
    var room = scroll.scrollWidth - scroll.clientWidth;
    scroll.classList.toggle("before", room > 1 && scroll.scrollLeft > 1);
    scroll.classList.toggle("after", room > 1 && scroll.scrollLeft < room - 1);
  }
  var sizes = new ResizeObserver(function (entries) { entries.forEach(function (entry) { cue(entry.target); }); });
  all(".scroll").forEach(function (scroll) { sizes.observe(scroll); });
  document.addEventListener("scroll", function (event) {
    if (event.target.classList && event.target.classList.contains("scroll")) { cue(event.target); }
  }, { capture: true, passive: true });

  // --- terms, where a chapter first has them

  var data = document.getElementById("glossary");
  if (!data) { return; }
  var meanings = {}, spellings = [];
  var told = document.body.appendChild(element("div", { hidden: "" }));
  JSON.parse(data.textContent).forEach(function (one, at) {
    told.append(element("p", { id: "term-" + at }, one[2]));
    one[0].forEach(function (spelling) {
      spellings.push(spelling);
      meanings[key(spelling)] = { at: at, name: one[1], meaning: one[2] };
    });
  });

  function key(text) { return text.replace(/\s/g, "").toLowerCase(); }

  var pattern = new RegExp("(^|[^A-Za-z0-9])(" + spellings.sort(function (a, b) { return b.length - a.length; }).map(function (one) {
    var spelled = one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, english ? "\\s" : "\\s?");
    return english ? "[" + spelled[0].toLowerCase() + spelled[0].toUpperCase() + "]" + spelled.slice(1) : spelled;
  }).join("|") + ")" + (english ? "s?" : "") + "(?![A-Za-z0-9])");

  function mark(box) {
    if (box.dataset.terms) { return; }
    box.dataset.terms = "marked";
    var seen = {};
    all(":is(.chapter, .second, .keypoints) > :is(ul, ol):not(.cards) li, :is(.chapter, .second, .note) > p", box).forEach(function (paragraph) {
      var walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT), nodes = [];
      while (walker.nextNode()) { if (!walker.currentNode.parentNode.closest("a, dfn, math, .value")) { nodes.push(walker.currentNode); } }
      nodes.forEach(function (node) { within(node, seen); });
    });
  }

  function within(node, seen) {
    for (var rest = node, found; (found = pattern.exec(rest.data)); ) {
      var one = meanings[key(found[2])], start = rest.splitText(found.index + found[1].length);
      rest = start.splitText(found[2].length);
      if (!one || seen[one.at]) { continue; }
      seen[one.at] = true;
      start.replaceWith(element("dfn", { tabindex: "0", "aria-describedby": "term-" + one.at }, start.data));
    }
  }

  var note = document.body.appendChild(element("div", { id: "explanation", "aria-hidden": "true" })), shown = null, leaving;
  note.hidden = true;

  function explain(term) {
    clearTimeout(leaving);
    if (shown === term) { return; }
    shown = term;
    var one = meanings[key(term.textContent)];
    note.replaceChildren(element("b", {}, one.name), element("span", {}, one.meaning));
    note.hidden = false;
    var place = term.getClientRects()[0], right = document.documentElement.clientWidth - note.offsetWidth - 8;
    var below = term.getBoundingClientRect().bottom + note.offsetHeight < window.innerHeight;
    note.style.left = window.scrollX + Math.max(8, Math.min(place.left, right)) + "px";
    note.style.top = window.scrollY + (below ? term.getBoundingClientRect().bottom : place.top - note.offsetHeight) + "px";
  }

  function dismiss() { clearTimeout(leaving); shown = null; note.hidden = true; }

  function over(event) {
    var term = event.target.closest && event.target.closest("dfn[tabindex]");
    if (term) { explain(term); } else if (note.contains(event.target)) { clearTimeout(leaving); }
  }
  document.addEventListener("pointerover", over);
  document.addEventListener("focusin", over);
  document.addEventListener("click", function (event) { // a tap on the term shows it, a tap elsewhere ends it
    if (event.target.closest("dfn[tabindex]")) { over(event); } else if (!note.contains(event.target)) { dismiss(); }
  });
  document.addEventListener("focusout", dismiss);
  document.addEventListener("pointerout", function (event) {
    if (event.pointerType !== "mouse" || !shown || document.activeElement === shown) { return; }
    clearTimeout(leaving);
    leaving = setTimeout(dismiss, 300);
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { dismiss(); } });

  var unmarked = boxes.slice();
  function next() { // those that are folded when they are opened
    var box = unmarked.shift();
    if (!box) { return; }
    if (!box.hasAttribute("hidden")) { mark(box); }
    later(next);
  }
  later(next);
  document.addEventListener("unfolded", function (event) { mark(event.target); });
})();
