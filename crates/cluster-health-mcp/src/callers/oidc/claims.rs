//! From claims to a user of the cluster, by the rules that API servers have.

use serde_json::{Map, Value};

use super::{OidcOptions, bad};
use crate::callers::{Denied, Identity};

/// Every caller who said who they are.
const KNOWN: &str = "system:authenticated";
/// The cluster's own. No issuer may give these away.
const RESERVED: &str = "system:";
const MOST_GROUPS: usize = 512;

pub(super) struct Names {
    user: String,
    user_prefix: String,
    groups: String,
    groups_prefix: String,
}

impl Names {
    pub(super) fn new(options: &OidcOptions) -> Self {
        let user_prefix = match options.username_prefix.as_deref() {
            Some("-") => String::new(),
            Some(prefix) => prefix.to_owned(),
            None if options.username_claim == "email" => String::new(),
            None => format!("{}#", options.issuer),
        };
        let groups_prefix = options.groups_prefix.clone();
        Self { user: options.username_claim.clone(), user_prefix, groups: options.groups_claim.clone(), groups_prefix }
    }

    pub(super) fn of(&self, claims: &Map<String, Value>) -> Result<Identity, Denied> {
        let name = claims.get(&self.user).and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| bad(&format!("it has no claim {:?} with a name", self.user)))?;
        if self.user == "email" && claims.get("email_verified").is_some_and(|verified| verified != true) {
            return Err(bad("its email address is not verified"));
        }
        let user = format!("{}{name}", self.user_prefix);
        if user.starts_with(RESERVED) {
            return Err(bad("its user name begins with system:, which belongs to the cluster"));
        }
        let mut groups: Vec<String> = match claims.get(&self.groups) {
            Some(Value::String(group)) => vec![group.clone()],
            Some(Value::Array(groups)) => {
                groups.iter().filter_map(Value::as_str).take(MOST_GROUPS).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        groups.iter_mut().for_each(|group| group.insert_str(0, &self.groups_prefix));
        groups.retain(|group| !group.starts_with(RESERVED));
        groups.push(KNOWN.to_owned());
        Ok(Identity { user, groups, ..Identity::default() })
    }
}
