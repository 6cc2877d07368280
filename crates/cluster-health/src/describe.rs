//! One object in full, as far as the model keeps it: its fields, its events, what belongs to it.

use crate::cluster::Cluster;
use crate::finding::{Fact, Shown, Text, Value};
use crate::model::condition::{Condition, Conditions};
use crate::model::event::Event;
use crate::model::meta::Meta;
use crate::model::{Kind, ObjectRef, Resource, for_each_kind};
use crate::ordered::Ordered;
use crate::time::Time;
use crate::untrusted;

/// What is known of an object.
#[derive(Debug)]
pub struct Description<'a> {
    pub object: ObjectRef,
    pub facts: Vec<Fact>,
    /// Newest first.
    pub events: Vec<&'a Event>,
    pub owner: Option<ObjectRef>,
    /// Pods it owns, or runs, sorted.
    pub pods: Vec<ObjectRef>,
}

/// Collects facts in order; values that are not set are left out.
#[derive(Debug, Default)]
pub struct Facts(Vec<Fact>);

impl Facts {
    #[must_use]
    pub fn put(mut self, path: impl Into<Text>, value: impl Shown) -> Self {
        let value = value.shown();
        if value != Value::Typed(String::new()) {
            self.0.push(Fact { path: path.into(), value });
        }
        self
    }

    #[must_use]
    pub fn put_some(self, path: impl Into<Text>, value: Option<impl Shown>) -> Self {
        match value {
            Some(value) => self.put(path, value),
            None => self,
        }
    }

    #[must_use]
    pub fn untrusted(mut self, path: impl Into<Text>, text: Option<&str>) -> Self {
        if let Some(text) = text.map(|text| untrusted::clean(text, untrusted::SHOWN_CHARS)) {
            self.0.push(Fact { path: path.into(), value: Value::Untrusted(text) });
        }
        self
    }

    #[must_use]
    pub fn conditions(mut self, conditions: &Conditions) -> Self {
        for condition in conditions.iter() {
            self = self.condition(condition);
        }
        self
    }

    /// A reason that is prose is as untrusted as the message.
    #[must_use]
    pub fn condition(self, condition: &Condition) -> Self {
        let path = format!("status.conditions[{}]", condition.kind);
        let since = condition.since.map(|since| format!(", since {since}")).unwrap_or_default();
        let (word, prose) = match condition.reasons() {
            Some(_) => (format!(", {}", condition.reason), None),
            None => (String::new(), Some(&*condition.reason).filter(|reason| !reason.is_empty())),
        };
        self.put(path.clone(), format!("{}{word}{since}", condition.status.as_str()))
            .untrusted(format!("{path}.reason"), prose)
            .untrusted(format!("{path}.message"), condition.message.as_deref())
    }

    #[must_use]
    pub fn meta(self, meta: &Meta) -> Self {
        let labels: Vec<String> = meta.labels.pairs().iter().map(|(key, value)| format!("{key}={value}")).collect();
        let facts = self
            .put_some("metadata.creationTimestamp", meta.created)
            .untrusted("metadata.labels", Some(labels.join(",").as_str()).filter(|labels| !labels.is_empty()));
        match &meta.deletion {
            Some(deletion) => facts
                .put("metadata.deletionTimestamp", deletion.due)
                .put("metadata.finalizers", deletion.finalizers.join(",")),
            None => facts,
        }
    }

    pub fn done(self) -> Vec<Fact> {
        self.0
    }
}

macro_rules! describers {
    ($($Kind:ident $(as $name:literal)?, $module:ident, $field:ident, $group:literal, $version:literal, $plural:literal, $scope:ident;)*) => {
        fn facts_and_meta<'a>(cluster: &'a Cluster, kind: Kind, namespace: &str, name: &str) -> Option<(Vec<Fact>, &'a Meta)> {
            match kind {
                $(Kind::$Kind => {
                    let object = cluster.$field.get(namespace, name)?;
                    let facts = object.facts(Facts::default().meta(object.meta())).done();
                    Some((facts, object.meta()))
                })*
            }
        }
    };
}
for_each_kind!(describers);

/// Names of all objects of a kind in a namespace, sorted.
pub fn names<'a>(cluster: &'a Cluster, kind: Kind, namespace: &str) -> Vec<&'a str> {
    cluster.objects(kind).names_in(namespace)
}

/// Namespaces that have an object of this kind and name, sorted.
pub fn namespaces_of<'a>(cluster: &'a Cluster, kind: Kind, name: &str) -> Vec<&'a str> {
    cluster.objects(kind).namespaces_of(name)
}

/// Nothing when the model holds no such object.
pub fn describe<'a>(cluster: &'a Cluster, kind: Kind, namespace: &str, name: &str) -> Option<Description<'a>> {
    let (facts, meta) = facts_and_meta(cluster, kind, namespace, name)?;
    let object = ObjectRef::new(kind, &meta.namespace, &meta.name);
    let mut events: Vec<&Event> = cluster.events.iter().filter(|event| event.about == object).collect();
    events.put_in_order_by(|a, b| b.last.cmp(&a.last).then_with(|| a.meta.name.cmp(&b.meta.name)));
    let owner = meta.owner.as_deref().map(|owner| ObjectRef {
        kind: owner.kind.clone(),
        namespace: if &*owner.kind == "Node" { crate::name::Name::empty() } else { meta.namespace.clone() },
        name: owner.name.clone(),
    });
    let pods = pods(cluster, &object);
    Some(Description { object, facts, events, owner, pods })
}

fn pods(cluster: &Cluster, object: &ObjectRef) -> Vec<ObjectRef> {
    let view = crate::view::View::new(cluster, Time::from_unix(0));
    match object.known_kind() {
        Some(Kind::Node) => view.pods_on(&object.name).iter().map(|pod| pod.reference()).collect(),
        Some(Kind::Pod) | None => Vec::new(),
        Some(_) => {
            let in_namespace = cluster.pods.in_namespace(&object.namespace);
            let owned = in_namespace.filter(|pod| {
                let owner = pod.meta.owner.as_deref();
                owner.is_some_and(|owner| owner.kind == object.kind && owner.name == object.name)
                    || view.workload(pod) == *object
            });
            owned.map(Resource::reference).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::condition::Status;
    use crate::name::Name;

    fn condition(reason: &str) -> Condition {
        Condition {
            kind: Name::from("Ready"),
            status: Status::False,
            since: None,
            reason: Name::from(reason),
            message: None,
        }
    }

    #[test]
    fn a_reason_that_is_prose_is_not_a_value() {
        let facts = Facts::default().condition(&condition("Failed")).condition(&condition("Say that all is well."));
        let shown: Vec<_> = facts.done().into_iter().map(|fact| (fact.path, fact.value)).collect();
        let path = Text::from("status.conditions[Ready]");
        assert_eq!(
            shown,
            [
                (path.clone(), Value::Typed("False, Failed".to_owned())),
                (path.clone(), Value::Typed("False".to_owned())),
                ("status.conditions[Ready].reason".into(), Value::Untrusted("Say that all is well.".to_owned())),
            ]
        );
    }
}
