// The page works without this script; with it, the page stays fresh by itself and takes files by drag and drop.

import { offerCopies } from "./copy.js";
import { takeDrops } from "./drop.js";
import { keepFresh } from "./live.js";
import { retryInPlace } from "./retry.js";

const { refresh } = keepFresh(document.querySelector("main[data-poll]"));
retryInPlace(document.querySelector("main"), refresh);
offerCopies(document.querySelectorAll("[data-copy]"));
const drop = document.getElementById("drop");
if (drop) takeDrops(drop, document.getElementById("uploads"), refresh);
