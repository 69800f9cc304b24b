"use strict";
// Holds the stream by which the desk knows that pages are open, and they that the desk is: one for
// all tabs, since a browser opens but six at once and would load no page in a seventh tab.

const tabs = [];
let open = true;

function tell(isOpen) {
  open = isOpen;
  for (const tab of tabs) tab.postMessage(open);
}

const stream = new EventSource("/events");
stream.onopen = () => tell(true);
stream.onerror = () => tell(false);
self.onconnect = event => {
  const [tab] = event.ports;
  tabs.push(tab);
  tab.postMessage(open);
};
