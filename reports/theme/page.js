// What the scripts of the page share; it stands before them.
var page = (function () {
  "use strict";
  var english = document.documentElement.lang.indexOf("en") === 0;
  return {
    english: english,
    say: function (zh, en) { return english ? en : zh; },
    element: function (name, attributes, text) {
      var made = document.createElement(name);
      Object.keys(attributes || {}).forEach(function (key) { made.setAttribute(key, attributes[key]); });
      if (text !== undefined) { made.textContent = text; }
      return made;
    },
    all: function (selector, within) { return Array.from((within || document).querySelectorAll(selector)); },
    later: function (next) { // when the browser has nothing else to do, but soon
      if (window.requestIdleCallback) { window.requestIdleCallback(next, { timeout: 300 }); } else { setTimeout(next, 1); }
    }
  };
})();
