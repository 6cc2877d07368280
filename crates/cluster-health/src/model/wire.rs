//! Wire forms several kinds share, and how they are declared.

use std::collections::BTreeMap;
use std::fmt;

pub(crate) use crate::decode::slot::Anything;
use crate::decode::slot::{Entry, Misfit, Nested, Scalar, Seen, Slot};
use crate::time::Time;

/// Declares the wire form of an object: the fields that are read, whose names Kubernetes writes in camel case.
/// `#[named("type")]` is for a name that is written otherwise, `#[also("note")]` for one that has another name besides.
macro_rules! wire_object {
    ($(#[$attribute:meta])* $name:ident {
        $($(#[doc = $doc:literal])* $(#[named($named:literal)])? $(#[also($also:literal)])? $field:ident: $Type:ty),* $(,)?
    }) => {
        $(#[$attribute])*
        #[derive(Debug, Default)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $Type,)*
        }

        impl crate::decode::slot::Slot for $name {
            fn expecting(&self) -> &'static str {
                "an object"
            }

            fn open(&mut self, nested: crate::decode::slot::Nested) -> bool {
                nested == crate::decode::slot::Nested::Object
            }

            fn entry(&mut self, key: &str, seen: &mut crate::decode::slot::Seen) -> crate::decode::slot::Entry<'_> {
                use crate::decode::slot::Entry;
                const FIELDS: &[&str] = &[$(crate::model::wire::name!($field $($named)?)),*];
                const _: () = assert!(FIELDS.len() <= crate::decode::slot::Seen::MOST);
                // Counts them
                #[allow(non_camel_case_types)]
                enum Place { $($field),* }
                const ALSO: &[(&str, usize)] = &[$($(($also, Place::$field as usize),)?)*];
                match seen.find(FIELDS, ALSO, key) {
                    $(Ok(Some(at)) if at == Place::$field as usize => Entry::Slot(&mut self.$field),)*
                    Ok(_) => Entry::Skip,
                    Err(twice) => Entry::Twice(twice),
                }
            }
        }
    };
}
pub(crate) use wire_object;

macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $named:literal) => {
        $named
    };
}
pub(crate) use name;

wire_object!(
    /// `metadata`, of `managedFields` with the newest time only, and with those annotations only that a check reads.
    Meta {
        name: String,
        namespace: String,
        resource_version: String,
        generation: Option<i64>,
        creation_timestamp: Option<Time>,
        deletion_timestamp: Option<Time>,
        deletion_grace_period_seconds: Option<i64>,
        labels: BTreeMap<String, String>,
        annotations: Annotations,
        owner_references: Vec<OwnerReference>,
        finalizers: Vec<String>,
        managed_fields: LastWrite,
    }
);

/// The newest of the times at which somebody wrote the object. What was written is stepped over.
#[derive(Debug, Default)]
pub struct LastWrite {
    pub newest: Option<Time>,
    /// The one being read.
    pub write: Write,
}

wire_object!(Write { time: Option<Time> });

impl LastWrite {
    pub fn newest(&self) -> Option<Time> {
        self.newest.max(self.write.time)
    }
}

impl Slot for LastWrite {
    fn expecting(&self) -> &'static str {
        "a list"
    }

    fn open(&mut self, nested: Nested) -> bool {
        nested == Nested::List
    }

    fn element(&mut self) -> Entry<'_> {
        self.newest = self.newest();
        self.write.time = None;
        Entry::Slot(&mut self.write)
    }
}

wire_object!(
    OwnerReference {
        kind: String,
        name: String,
        controller: Option<bool>,
    }
);

/// The annotations that checks read. Others, often large or secret (`last-applied-configuration`), are never kept.
pub(crate) const READ_ANNOTATIONS: &[&str] = &[
    "auth.openshift.io/certificate-not-after",
    "auth.openshift.io/certificate-not-before",
    "deployment.kubernetes.io/revision",
    "ingressclass.kubernetes.io/is-default-class",
    "k8s.ovn.org/node-subnets",
    "kubernetes.io/ingress.class",
    "machineconfiguration.openshift.io/currentConfig",
    "machineconfiguration.openshift.io/desiredConfig",
    "machineconfiguration.openshift.io/reason",
    "machineconfiguration.openshift.io/state",
    "olm.copiedFrom",
    "snapshot.storage.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
    "storageclass.kubernetes.io/is-default-class",
    "volume.kubernetes.io/selected-node",
];

#[derive(Debug, Default)]
pub struct Annotations(pub(crate) Vec<(&'static str, String)>);

impl Annotations {
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str())
    }
}

impl Slot for Annotations {
    fn expecting(&self) -> &'static str {
        "a map of annotations"
    }

    fn open(&mut self, nested: Nested) -> bool {
        nested == Nested::Object
    }

    fn entry(&mut self, key: &str, _seen: &mut Seen) -> Entry<'_> {
        match READ_ANNOTATIONS.iter().find(|known| **known == key) {
            Some(known) => Entry::Slot(&mut self.0.push_mut((known, String::new())).1),
            None => Entry::Skip,
        }
    }
}

wire_object!(
    Condition {
        #[named("type")]
        kind: String,
        status: String,
        reason: Option<String>,
        message: Option<String>,
        last_transition_time: Option<Time>,
    }
);

wire_object!(
    LabelSelector {
        match_labels: BTreeMap<String, String>,
        match_expressions: Vec<MatchExpression>,
    }
);

wire_object!(
    MatchExpression {
        key: String,
        operator: String,
        values: Vec<String>,
    }
);

wire_object!(
    /// The template a workload makes its pods from.
    PodTemplate {
        metadata: TemplateMeta,
        spec: super::pod::WireSpec,
    }
);

wire_object!(
    TemplateMeta {
        labels: BTreeMap<String, String>,
    }
);

/// A count or a name/percentage, as ports and budgets are written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IntOrString {
    Int(i64),
    String(String),
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl Slot for IntOrString {
    fn expecting(&self) -> &'static str {
        "a whole number or a string"
    }

    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Misfit> {
        *self = match value {
            Scalar::Signed(value) => Self::Int(value),
            Scalar::Unsigned(value) => Self::Int(i64::try_from(value).unwrap_or(i64::MAX)),
            Scalar::Text(text) => Self::String(text.to_owned()),
            Scalar::Boolean(_) | Scalar::Float(_) => return Err(Misfit::Type),
        };
        Ok(())
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::Int(value) => write!(f, "{value}"),
            IntOrString::String(value) => f.write_str(value),
        }
    }
}
