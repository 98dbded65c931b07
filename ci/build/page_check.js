// page_check.js - what the step pages asks a page inside the browser: does anything run over
// the edge, is any text hard to see, is the colour scheme the one asked for, does it fetch
// anything? The answers become an attribute of <body>, which --dump-dom prints.
//
// SCHEME and WIDTH_MAX are set by a line before this file.

const findings = [];

// [red, green, blue, alpha] of a CSS colour as computed.
function colour(text) {
  const parts = text.match(/[\d.]+/g).map(Number);
  return parts.length === 3 ? [...parts, 1] : parts;
}

function over(top, below) {
  return [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
}

// The colour that lies behind an element.
function behind(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement)
    layers.push(colour(getComputedStyle(at).backgroundColor));
  return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]);
}

function luminance(c) {
  const [r, g, b] = c.map((x) => {
    x /= 255;
    return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// WCAG 2: 4.5 for text; 1 is invisible.
function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function opacity(element) {
  let product = 1;
  for (let at = element; at; at = at.parentElement)
    product *= Number(getComputedStyle(at).opacity);
  return product;
}

function lookAtText(node) {
  const text = node.textContent.trim();
  const element = node.parentElement;
  const style = getComputedStyle(element);
  if (!/[\p{L}\p{N}]/u.test(text) || !element.checkVisibility()) return;
  const back = behind(element);
  const ink = colour(element.closest('svg') ? style.fill : style.color);
  const shown = over([ink[0], ink[1], ink[2], ink[3] * opacity(element)], back);
  const ratio = contrast(shown, back);
  if (ratio < 4.5)
    findings.push(`hard to see (${ratio.toFixed(1)}): ${text.slice(0, 40)}`);
  const box = element.getBoundingClientRect();
  if (box.width < 1 || box.height < 1) findings.push(`no room: ${text.slice(0, 40)}`);
}

function look() {
  const root = document.documentElement;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  if (innerWidth > WIDTH_MAX) findings.push(`the window is ${innerWidth} wide`);
  if (root.scrollWidth > innerWidth)
    findings.push(`the page is ${root.scrollWidth} wide, the window ${innerWidth}`);
  if (matchMedia('(prefers-color-scheme: dark)').matches !== (SCHEME === 'dark'))
    findings.push(`the scheme is not ${SCHEME}`);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('script,style')) continue;
    lookAtText(node);
    count++;
  }
  if (count < 20) findings.push(`only ${count} texts`);
  const foreign = document.querySelectorAll('[src],link[href],script:not(#check)').length;
  if (foreign > 0) findings.push(`${foreign} things that a page of one file has not`);
  document.body.dataset.findings = findings.slice(0, 12).join('; ') || 'none';
}

addEventListener('load', look);
