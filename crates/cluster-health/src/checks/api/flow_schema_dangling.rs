//! FlowSchemas whose queue does not exist.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "api-flow-schema-dangling",
    title: "Requests are sorted to a queue that does not exist",
    explain: "Looks at condition Dangling of FlowSchemas, by which the API server sorts requests into priority levels. One that \
              names a level that does not exist is not used: its requests share the catch-all queue and are the first to be \
              refused when the API server is busy. The usual cause is a PriorityLevelConfiguration that was deleted or \
              misspelt.",
    layer: Layer::ControlPlane,
    needs: &[Kind::FlowSchema],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/cluster-administration/flow-control/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for schema in view.cluster.flow_schemas.iter() {
        let dangling = schema.conditions.get("Dangling").filter(|_| schema.conditions.is_true("Dangling"));
        let Some(dangling) = dangling.filter(|it| view.held(it.since, thresholds::API_HOLD)) else { continue };
        let (cli, name) = (view.cli(), &schema.meta.name);
        out.push(
            Finding::new(&CHECK, Severity::Warning, schema.reference(), "names a priority level that does not exist")
                .since(dangling.since, "status.conditions[Dangling].lastTransitionTime")
                .condition(dangling)
                .look(format!("{cli} get flowschema {name} -o yaml"), "shows the level it names")
                .look(format!("{cli} get prioritylevelconfigurations"), "lists the levels there are"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SCHEMA: &str = "
        kind: FlowSchema
        metadata: {name: batch}
        status: {conditions: [{type: Dangling, status: 'True', reason: NotFound, lastTransitionTime: @1h}]}";

    #[test]
    fn only_a_missing_level_counts() {
        fires(&CHECK, SCHEMA, &["warning FlowSchema batch: names a priority level that does not exist (since 1h)"]);
        silent(&CHECK, &SCHEMA.replace("'True'", "'False'"));
        silent(&CHECK, &SCHEMA.replace("@1h", "@1m"));
    }
}
