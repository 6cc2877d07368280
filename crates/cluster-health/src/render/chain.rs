//! The causal chain as a drawn tree: the root at the top, below it what follows from it.

use std::fmt::Write;

use crate::graph::Via;
use crate::incidents::{self, Incident, Link};
use crate::report::Report;

/// A person reads a tree of this many lines; the rest is counted.
const LINES: usize = 24;

/// One object a line. Objects in between, on which nothing was found, are there without a title.
pub fn chain(report: &Report, incident: &Incident) -> String {
    let tree = incidents::chain(&report.findings, incident);
    let mut out = format!("{}: {}\n", tree.object, incident.title);
    let mut drawing = Drawing { report, out: String::new(), left: LINES, dropped: 0 };
    drawing.below(&tree, "");
    out.push_str(&drawing.out);
    if drawing.dropped > 0 {
        let _ = writeln!(out, "… and {} more", drawing.dropped);
    }
    out
}

struct Drawing<'r> {
    report: &'r Report,
    out: String,
    left: usize,
    dropped: usize,
}

impl Drawing<'_> {
    fn below(&mut self, link: &Link, indent: &str) {
        for (at, child) in link.below.iter().enumerate() {
            let last = at + 1 == link.below.len();
            if self.left == 0 {
                self.dropped += 1 + child.alike;
                self.below(child, "");
                continue;
            }
            self.left -= 1;
            let _ = writeln!(self.out, "{indent}{}─ {}", if last { '└' } else { '├' }, self.words(child, link));
            self.below(child, &format!("{indent}{}  ", if last { ' ' } else { '│' }));
        }
    }

    fn words(&self, link: &Link, above: &Link) -> String {
        let title = link.finding.and_then(|at| self.report.findings.get(at)).map(|finding| &*finding.title);
        let title = title.unwrap_or("nothing found on it");
        let alike = if link.alike > 0 { format!(" and {} alike", link.alike) } else { String::new() };
        match link.via {
            None | Some(Via::SameObject) => format!("also: {title}"),
            Some(via) => {
                let inferred = if via.is_inferred() { " (inferred)" } else { "" };
                let of = &above.object.name;
                format!("{}{alike}, which {} {of}{inferred}: {title}", link.object, via.verb())
            }
        }
    }
}
