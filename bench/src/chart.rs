//! Draws the speeds at the usual chunk size as bars. Readable on a light page and on a dark one.

use std::fmt::Write as _;

use crate::parsers::{CONTENDERS, Role};
use crate::report::{BORROWED, USUAL};
use crate::results::{Cell, Results};
use crate::workload::ALL;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 24.0;
const BARS: f64 = 210.0;
const BARS_END: f64 = 790.0;
const BAR: f64 = 13.0;
const GAP: f64 = 3.0;
const BETWEEN: f64 = 40.0;
const TOP: f64 = 64.0;
/// Peers in each group of bars.
const PEERS: usize = 3;

/// The chart.
pub fn svg(results: &Results) -> String {
    let cells: Vec<&Cell> = ALL
        .iter()
        .filter_map(|workload| results.cell(workload.name, USUAL))
        .collect();
    let groups: Vec<(&Cell, Vec<(&str, f64)>)> =
        cells.iter().map(|cell| (*cell, bars(cell))).collect();
    let longest = groups
        .iter()
        .flat_map(|(_, bars)| bars)
        .map(|(_, value)| *value)
        .fold(1.0, f64::max);
    let scale = (BARS_END - BARS) / longest;
    let one = BARS + scale;
    let mut body = String::new();
    let mut y = TOP;
    for (cell, bars) in &groups {
        let what = ALL
            .iter()
            .find(|workload| workload.name == cell.workload)
            .map_or("", |workload| workload.what);
        let _ = writeln!(
            body,
            "<text class=\"head\" x=\"{LEFT}\" y=\"{y}\">{}: {}</text>",
            cell.workload,
            what.replace('`', "")
        );
        y += 8.0;
        let top = y;
        for (name, value) in bars {
            let class = match CONTENDERS
                .iter()
                .find(|contender| contender.name == *name)
                .map(|one| one.role)
            {
                Some(Role::Borrowed) => "borrowed",
                Some(Role::Owned) => "owned",
                _ => "peer",
            };
            let middle = y + BAR - 3.0;
            let length = (value * scale).max(1.0);
            let _ = writeln!(
                body,
                "<text class=\"name\" x=\"{}\" y=\"{middle}\">{}</text>\
                 <rect class=\"{class}\" x=\"{BARS}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\"/>\
                 <text x=\"{:.1}\" y=\"{middle}\">{value:.2}</text>",
                BARS - 8.0,
                name.replace('`', ""),
                BARS + length + 6.0,
            );
            y += BAR + GAP;
        }
        let _ = writeln!(
            body,
            "<line x1=\"{one:.1}\" y1=\"{top}\" x2=\"{one:.1}\" y2=\"{}\"/>",
            y - GAP
        );
        y += BETWEEN - 8.0;
    }
    let bottom = y - BETWEEN + 8.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"Speed of parsers relative to the best other crate\">
<style>
text {{ font: 12px system-ui, sans-serif; fill: #57606a; }}
.title {{ font-size: 16px; font-weight: 600; }}
.head {{ font-weight: 600; }}
.name {{ text-anchor: end; }}
.borrowed {{ fill: #1a7f64; }}
.owned {{ fill: #5bab8f; }}
.peer {{ fill: #9aa4af; }}
line {{ stroke: #8c959f; stroke-dasharray: 3 3; }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #b1bac4; }}
.borrowed {{ fill: #2fbf93; }}
.owned {{ fill: #24805f; }}
.peer {{ fill: #6e7681; }}
}}
</style>
<text class=\"title\" x=\"{LEFT}\" y=\"24\">Parsing speed, times the best other crate (chunks of 16 KiB; longer is faster)</text>
{body}</svg>
",
        height = bottom + 16.0,
    )
}

/// Ours and the fastest peers, as multiples of the best peer's speed.
fn bars(cell: &Cell) -> Vec<(&'static str, f64)> {
    let best = cell.best_peer(BORROWED).unwrap_or_default();
    let of = |role| {
        CONTENDERS
            .iter()
            .filter(move |contender| contender.role == role)
            .filter_map(|contender| Some((contender.name, cell.ratio(contender.name, best)?)))
    };
    let mut peers: Vec<_> = of(Role::Peer).collect();
    peers.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    peers.truncate(PEERS);
    of(Role::Borrowed)
        .chain(of(Role::Owned))
        .chain(peers)
        .collect()
}
