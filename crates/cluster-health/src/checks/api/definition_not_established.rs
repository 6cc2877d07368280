//! CustomResourceDefinitions that the API does not serve.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "api-definition-not-established",
    title: "A custom kind is defined but not served",
    explain: "Looks at conditions NamesAccepted and Established of CustomResourceDefinitions, once they have been False for \
              five minutes. The API then does not serve the kind: its operator cannot work, and manifests of the kind are \
              refused. The usual cause is a name (plural, singular, short name or kind) that another definition of the \
              same group has taken already; a definition that hangs in deletion because its objects keep finalizers shows \
              in condition Terminating.",
    layer: Layer::ControlPlane,
    needs: &[Kind::CustomResourceDefinition],
    uses: &[],
    reference: "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for definition in view.cluster.custom_resource_definitions.iter() {
        let conditions = &definition.conditions;
        let refused = ["NamesAccepted", "Established"].iter().find_map(|kind| conditions.having(kind, Status::False));
        let Some(refused) = refused.filter(|refused| view.held(refused.since, thresholds::API_HOLD)) else { continue };
        let title = if refused.kind == "NamesAccepted" {
            "not served: another definition has taken one of its names"
        } else {
            "not served: it is not established"
        };
        let (cli, name) = (view.cli(), &definition.meta.name);
        out.push(
            Finding::new(&CHECK, Severity::Warning, definition.reference(), title)
                .since(refused.since, "status.conditions[NamesAccepted or Established].lastTransitionTime")
                .condition(refused)
                .fact("spec.group", &definition.group)
                .look(format!("{cli} describe crd {name}"), "shows which name clashes")
                .look(format!("{cli} get crd"), "lists the other definitions, of the same group too"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const CLASH: &str = "
        kind: CustomResourceDefinition
        metadata: {name: carts.shop.example}
        spec: {group: shop.example}
        status:
          conditions:
          - {type: NamesAccepted, status: 'False', reason: PluralConflict, lastTransitionTime: @20m}
          - {type: Established, status: 'False', reason: NotAccepted, lastTransitionTime: @20m}";

    #[test]
    fn a_clash_of_names_is_named() {
        fires(&CHECK, CLASH, &[
            "warning CustomResourceDefinition carts.shop.example: not served: another definition has taken one of its names (since 20m)",
        ]);
    }

    #[test]
    fn served_and_new_ones_are_silent() {
        silent(&CHECK, &CLASH.replace("'False'", "'True'"));
        silent(&CHECK, &CLASH.replace("@20m", "@1m"));
    }
}
