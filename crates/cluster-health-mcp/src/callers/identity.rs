//! Who somebody is, in the words of Kubernetes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// As a TokenReview gives it and a SubjectAccessReview takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    #[serde(rename(deserialize = "username"), default)]
    pub user: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Vec<String>>,
}

impl Identity {
    /// The namespace of a ServiceAccount.
    pub fn namespace(&self) -> Option<&str> {
        self.user.strip_prefix("system:serviceaccount:")?.split(':').next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_and_written_as_kubernetes_does() {
        let told = r#"{"username":"system:serviceaccount:shop:bot","uid":"1","groups":["a"],"extra":{"k":["v"]}}"#;
        let who: Identity = serde_json::from_str(told).unwrap();
        assert_eq!(who.namespace(), Some("shop"));
        let spec = serde_json::to_string(&who).unwrap();
        assert_eq!(spec, told.replace("username", "user"));
        let alone = Identity { user: "ann".to_owned(), ..Identity::default() };
        assert_eq!(serde_json::to_string(&alone).unwrap(), r#"{"user":"ann"}"#);
        assert_eq!(alone.namespace(), None);
    }
}
