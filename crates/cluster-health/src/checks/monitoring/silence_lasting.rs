//! A silence that outlives what it was made for.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::silence::Silence;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "monitoring-silence-lasting",
    title: "A silence lasts longer than any repair",
    explain: "Looks at silences in force whose end is more than thirty days after their start. Whatever they match is told to \
              nobody for weeks, also when it means something else by then: a rule that is changed, or a route that sends it \
              elsewhere, says the same and can be read by others. Information, as somebody chose it. Silences for a night or \
              a week of repair do not count.",
    layer: Layer::Operator,
    needs: &[Kind::Silence],
    uses: &[],
    reference: "https://prometheus.io/docs/alerting/latest/alertmanager/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(view.cluster.silences.iter().filter(|silence| silence.active).filter_map(examine));
}

fn examine(silence: &Silence) -> Option<Finding> {
    let (starts, ends) = (silence.starts?, silence.ends?);
    let length = ends.since(starts);
    if length <= thresholds::SILENCE_LONG {
        return None;
    }
    let finding = Finding::new(&CHECK, Severity::Info, silence.reference(), format!("it lasts {}", time::short(length)))
        .since(Some(starts), "startsAt")
        .fact("endsAt", ends)
        .untrusted("matchers", silence.matchers.as_deref())
        .untrusted("createdBy", silence.author.as_deref())
        .untrusted("comment", silence.comment.as_deref())
        .look(format!("amtool silence query {}", silence.meta.name), "shows the silence, where amtool knows the Alertmanager");
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn silence(starts: &str, state: &str) -> String {
        format!(
            "
        kind: Silence
        metadata: {{name: 3f2a}}
        state: {state}
        startsAt: {starts}
        endsAt: 2026-12-01T00:00:00Z
        matchers: [{{name: alertname, value: x}}]"
        )
    }

    #[test]
    fn months_are_no_repair() {
        fires(&CHECK, &silence("@60d", "active"), &["info Silence 3f2a: it lasts 72d12h (since 60d)"]);
    }

    #[test]
    fn a_week_and_what_has_ended_are_silent() {
        silent(&CHECK, &silence("@7d", "active"));
        silent(&CHECK, &silence("@60d", "expired"));
    }
}
