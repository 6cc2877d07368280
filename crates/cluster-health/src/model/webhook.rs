//! What validating and mutating webhook configurations have in common.

use std::fmt;

use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::ordered::Ordered;

use super::wire;

wire::wire_object!(
    /// One webhook of a configuration.
    WireWebhook {
        name: String,
        client_config: WireClient,
        failure_policy: Option<String>,
        rules: Vec<WireRule>,
        namespace_selector: Option<wire::LabelSelector>,
        object_selector: Option<wire::LabelSelector>,
        timeout_seconds: Option<u32>,
    }
);
wire::wire_object!(WireClient { service: Option<WireService> });
wire::wire_object!(
    /// The Service a webhook is called through.
    WireService { namespace: String, name: String, port: Option<u16> }
);
wire::wire_object!(WireRule { api_groups: Vec<String>, operations: Vec<String>, resources: Vec<String> });

#[derive(Clone, Debug)]
pub struct Webhook {
    pub name: Name,
    /// Nothing when it is called by address.
    pub service: Option<WebhookService>,
    /// What it is asked about is refused when it does not answer; the default.
    pub fails_closed: bool,
    pub rules: Box<[Rule]>,
    /// It is asked only about some namespaces or objects.
    pub is_selective: bool,
    pub timeout_seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WebhookService {
    pub namespace: Name,
    pub name: Name,
    pub port: u16,
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub groups: Box<[Name]>,
    pub operations: Box<[Name]>,
    /// As in `pods`, `pods/status`, `*`, `*/*`.
    pub resources: Box<[Name]>,
}

impl WebhookService {
    pub(super) fn from_wire(wire: &WireService, interner: &mut Interner) -> Self {
        // The API's own default.
        let port = wire.port.unwrap_or(443);
        Self { namespace: interner.name(&wire.namespace), name: interner.name(&wire.name), port }
    }
}

impl Webhook {
    pub(super) fn all(wire: &[WireWebhook], interner: &mut Interner) -> Box<[Self]> {
        wire.iter().map(|webhook| Self::from_wire(webhook, interner)).collect()
    }

    fn from_wire(wire: &WireWebhook, interner: &mut Interner) -> Self {
        let selects = |selector: &Option<wire::LabelSelector>| {
            selector.as_ref().is_some_and(|it| !it.match_labels.is_empty() || !it.match_expressions.is_empty())
        };
        let mut names = |names: &[String]| names.iter().map(|name| interner.name(name)).collect();
        let rules = wire.rules.iter().map(|rule| Rule {
            groups: names(&rule.api_groups),
            operations: names(&rule.operations),
            resources: names(&rule.resources),
        });
        Self {
            rules: rules.collect(),
            name: interner.name(&wire.name),
            service: wire.client_config.service.as_ref().map(|it| WebhookService::from_wire(it, interner)),
            fails_closed: wire.failure_policy.as_deref() != Some("Ignore"),
            is_selective: selects(&wire.namespace_selector) || selects(&wire.object_selector),
            // The API's own default.
            timeout_seconds: wire.timeout_seconds.unwrap_or(10),
        }
    }

    /// It is asked about every new pod.
    pub fn sees_new_pods(&self) -> bool {
        self.rules.iter().any(|rule| {
            let has = |names: &[Name], wanted: &[&str]| names.iter().any(|name| wanted.contains(&&**name));
            has(&rule.groups, &["", "*"])
                && has(&rule.operations, &["CREATE", "*"])
                && has(&rule.resources, &["pods", "*", "*/*"])
        })
    }

    /// Such as `CREATE, UPDATE of pods, deployments`, of all its rules.
    pub fn asked_about(&self) -> String {
        let all = |of: fn(&Rule) -> &[Name]| {
            let mut names: Vec<&str> = self.rules.iter().flat_map(of).map(|name| &**name).collect();
            names.put_in_order();
            names.dedup();
            crate::finding::listed(names)
        };
        format!("{} of {}", all(|rule| &rule.operations), all(|rule| &rule.resources))
    }
}

impl fmt::Display for WebhookService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.namespace, self.name, self.port)
    }
}

/// Adds what each webhook of a configuration does.
pub(super) fn facts(webhooks: &[Webhook], facts: Facts) -> Facts {
    webhooks.iter().fold(facts, |facts, webhook| {
        let path = |field: &str| format!("webhooks[{}].{field}", crate::pod_trouble::shown(&webhook.name));
        facts
            .put_some(path("clientConfig.service"), webhook.service.as_ref())
            .put(path("failurePolicy"), if webhook.fails_closed { "Fail" } else { "Ignore" })
            .put(path("timeoutSeconds"), webhook.timeout_seconds)
            .put(path("rules"), webhook.asked_about())
    })
}

/// Declares a kind of webhook configuration; the two differ in name only.
macro_rules! configuration {
    ($(#[$attribute:meta])* $Kind:ident) => {
        use crate::describe::Facts;
        use crate::model::meta::Meta;
        use crate::model::webhook::{self, Webhook, WireWebhook};
        use crate::model::{Kind, Resource, wire};
        use crate::name::Interner;

        wire::wire_object!(Wire { metadata: wire::Meta, webhooks: Vec<WireWebhook> });

        $(#[$attribute])*
        #[derive(Clone, Debug)]
        pub struct $Kind {
            pub meta: Meta,
            pub webhooks: Box<[Webhook]>,
        }

        impl Resource for $Kind {
            const KIND: Kind = Kind::$Kind;
            type Wire = Wire;

            fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
                Self { webhooks: Webhook::all(&wire.webhooks, interner), meta: Meta::from_wire(&wire.metadata, interner) }
            }

            fn meta(&self) -> &Meta {
                &self.meta
            }

            fn facts(&self, facts: Facts) -> Facts {
                webhook::facts(&self.webhooks, facts)
            }
        }
    };
}
pub(crate) use configuration;
