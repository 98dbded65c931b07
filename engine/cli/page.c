/*
 * page.c - the head and foot of every page, and text that stays text.
 *
 * All colours are named once, for light and for dark; everything else refers to the names.
 */
#include "cli/page.h"

#include "cli/utf8.h"

#include <inttypes.h>
#include <string.h>

static const char *const style[] = {
    ":root{color-scheme:light dark;--back:#f4f6f4;--card:#fff;--ink:#17211c;--soft:#5a6962;"
    "--rule:#dbe3de;--kelp:#1f6b4a;--good:#1f6b4a;--bad:#b02a1f;--warn:#8a5a00;"
    "--good-back:#e3f1e9;--bad-back:#fbe6e3;--warn-back:#faf0d9;--code:#eef2ef;--heat:31,107,"
    "74}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#0e1311;--card:#161d1a;--ink:#e4ebe7;"
    "--soft:#9aaaa2;--rule:#29342f;--kelp:#74c99c;--good:#74c99c;--bad:#ff9384;--warn:#e9bd62;"
    "--good-back:#173325;--bad-back:#3a1a16;--warn-back:#352a12;--code:#1d2622;"
    "--heat:116,201,156}}\n",

    "*{box-sizing:border-box}"
    "html{-webkit-text-size-adjust:100%}"
    "body{margin:0;background:var(--back);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Cantarell,'DejaVu Sans',sans-serif}"
    "main{max-width:1120px;margin:0 auto;padding:28px 20px 48px}"
    "h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}"
    "h2{font-size:18px;margin:36px 0 4px}"
    "h3{font-size:15px;margin:18px 0 4px}"
    "p{margin:4px 0 12px;max-width:76ch}"
    "a{color:var(--kelp)}"
    "nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin:12px 0 0;font-size:14px}"
    "code,pre,td.code{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,monospace;"
    "font-size:12.5px}"
    "code{background:var(--code);border-radius:4px;padding:1px 5px;overflow-wrap:anywhere}\n",

    ".card>h3:first-child{margin-top:2px}"
    ".card{background:var(--card);border:1px solid var(--rule);border-radius:10px;"
    "padding:14px 16px;margin:10px 0}"
    ".figures{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0}"
    ".figures>div{background:var(--card);border:1px solid var(--rule);border-radius:10px;"
    "padding:8px 14px;color:var(--soft);font-size:13px}"
    ".figures b{display:block;color:var(--ink);font-size:20px;line-height:1.25;"
    "font-variant-numeric:tabular-nums}"
    ".figures .bad b{color:var(--bad)}.figures .warn b{color:var(--warn)}"
    ".badge{display:inline-block;border-radius:99px;padding:1px 10px;font-size:13px;"
    "font-weight:600;white-space:nowrap}"
    ".badge.good{background:var(--good-back)}.badge.bad{background:var(--bad-back)}"
    ".badge.warn{background:var(--warn-back)}"
    ".good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}"
    ".quiet{color:var(--soft)}"
    ".chip{display:inline-block;background:var(--code);border-radius:5px;padding:0 7px;"
    "margin:2px 4px 2px 0;font-size:12.5px}\n",

    ".wide{overflow-x:auto;background:var(--card);border:1px solid var(--rule);"
    "border-radius:10px;margin:10px 0}"
    "table{border-collapse:collapse;width:100%;font-size:13.5px}"
    "th,td{padding:5px 10px;text-align:left;border-bottom:1px solid var(--rule);"
    "white-space:nowrap}"
    "tr:last-child>td,tr:last-child>th{border-bottom:0}"
    "thead th{color:var(--soft);font-weight:600;font-size:12.5px}"
    "tbody th{font-weight:500}"
    "td.text{white-space:normal;min-width:22ch}"
    ".num{text-align:right;font-variant-numeric:tabular-nums}"
    "table.tight td,table.tight th{padding:3px 6px;font-size:12.5px}"
    "table.heat td.num,table.heat th.num{text-align:center}"
    "th.edge,td.edge{border-left:2px solid var(--rule)}"
    "table th.turn{vertical-align:bottom;text-align:center;padding:3px 2px}"
    "tbody+tbody{border-top:2px solid var(--rule)}"
    "th.turn span{writing-mode:vertical-rl;transform:rotate(180deg)}"
    ".h0{color:var(--soft);opacity:.75}.h1{background:rgba(var(--heat),.07)}"
    ".h2{background:rgba(var(--heat),.15)}.h3{background:rgba(var(--heat),.24)}"
    ".h4{background:rgba(var(--heat),.34)}.h5{background:rgba(var(--heat),.45)}\n",

    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr));"
    "gap:0 24px}"
    ".grid>div{display:flex;justify-content:space-between;gap:12px;align-items:baseline;"
    "border-bottom:1px solid var(--rule);padding:4px 0;font-size:13.5px;min-width:0}"
    ".grid>div>span:first-child{overflow-wrap:anywhere}"
    "details{margin:8px 0}summary{cursor:pointer;color:var(--kelp);font-size:14px}"
    "pre.log{overflow-x:auto;background:var(--code);border-radius:8px;padding:10px 12px;"
    "margin:8px 0;line-height:1.45}"
    "pre.log .hit{color:var(--warn)}pre.log .end{color:var(--bad);font-weight:600}"
    "svg{display:block;width:100%;height:auto}"
    "svg text{fill:var(--soft);font-size:12px;font-family:inherit}"
    ".axis{stroke:var(--rule);stroke-width:1}.line{fill:none;stroke:var(--kelp);"
    "stroke-width:2}.line2{fill:none;stroke:var(--warn);stroke-width:2}"
    ".dot{fill:var(--kelp)}.area{fill:rgba(var(--heat),.12)}"
    "footer{margin-top:40px;color:var(--soft);font-size:13px}"
    "@media print{body{background:#fff}.card,.wide{break-inside:avoid}}"
    "@media(max-width:600px){main{padding:18px 12px 32px}h1{font-size:22px}}\n",
};

void
hf_page_begin(FILE *to, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
          to);
    hf_page_text(to, title);
    fputs("</title>\n<style>\n", to);
    for (size_t i = 0; i < sizeof style / sizeof *style; i++)
        fputs(style[i], to);
    fputs("</style>\n</head>\n<body>\n<main>\n<h1>", to);
    hf_page_text(to, title);
    fputs("</h1>\n", to);
}

void
hf_page_end(FILE *to, const char *made_by)
{
    fputs("<footer>", to);
    hf_page_text(to, made_by);
    fputs("</footer>\n</main>\n</body>\n</html>\n", to);
}

/* What stands for one character, NULL where it stands for itself. */
static const char *
escape_of(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        /* Control characters are nothing that a page may have. */
        return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? "&#65533;" : NULL;
    }
}

void
hf_page_span(FILE *to, struct hf_span text)
{
    const unsigned char *in = text.at;
    size_t size;

    for (size_t i = 0; i < text.len; i += size) {
        size = hf_utf8_size((struct hf_span){ in + i, text.len - i });
        const char *escape = size == 0 ? "&#65533;" : escape_of(in[i]);
        size += size == 0;
        if (escape != NULL)
            fputs(escape, to);
        else
            fwrite(in + i, 1, size, to);
    }
}

void
hf_page_text(FILE *to, const char *text)
{
    hf_page_span(to, (struct hf_span){ text, strlen(text) });
}

const char *
hf_page_short(char to[HF_PAGE_SHORT_SIZE], uint64_t number)
{
    static const char letters[] = "kMGTPE";
    uint64_t unit = 1000;
    size_t letter = 0;

    if (number < 1000) {
        snprintf(to, HF_PAGE_SHORT_SIZE, "%" PRIu64, number);
        return to;
    }
    while (number / 1000 >= unit) {
        unit *= 1000;
        letter++;
    }
    if (number / unit < 10)
        snprintf(to, HF_PAGE_SHORT_SIZE, "%" PRIu64 ".%" PRIu64 "%c", number / unit,
                 number % unit * 10 / unit, letters[letter]);
    else
        snprintf(to, HF_PAGE_SHORT_SIZE, "%" PRIu64 "%c", number / unit, letters[letter]);
    return to;
}

unsigned
hf_page_heat(uint64_t count)
{
    unsigned heat = 0;

    for (; count > 0 && heat < 5; count /= 10)
        heat++;
    return heat;
}
