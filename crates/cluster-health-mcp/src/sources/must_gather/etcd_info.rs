//! What etcd told the collector of itself: the files of `etcd_info`, put together to one object a member. A member is
//! known by `member_list.json` alone; the other files say more of it, by its id or by its address.

use std::collections::BTreeMap;

use cluster_health::decode::{self, DecodeError};
use cluster_health::model::{Kind, Object};
use serde::Deserialize;
use serde_json::{Value, json};

/// The files that are read, by name.
pub(super) const FILES: [&str; 4] =
    ["member_list.json", "endpoint_health.json", "endpoint_status.json", "alarm_list.json"];

/// Filled while files stream by.
#[derive(Debug, Default)]
pub(super) struct EtcdInfo {
    members: Vec<Member>,
    health: Vec<Health>,
    status: Vec<Endpoint>,
    alarms: Vec<Alarm>,
    /// Files that could not be understood, and why.
    bad: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct MemberList {
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Debug, Deserialize)]
struct Member {
    #[serde(rename = "ID")]
    id: u64,
    /// Missing until it has started.
    #[serde(default)]
    name: String,
    #[serde(default, rename = "clientURLs")]
    addresses: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Health {
    endpoint: String,
    health: bool,
}

#[derive(Debug, Deserialize)]
struct Endpoint {
    #[serde(rename = "Status")]
    status: Status,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    header: Header,
    #[serde(default)]
    version: String,
    db_size: Option<u64>,
    db_size_in_use: Option<u64>,
    /// Left out, as Go does with a zero, where there is none.
    #[serde(default)]
    leader: u64,
}

#[derive(Debug, Deserialize)]
struct Header {
    member_id: u64,
}

#[derive(Debug, Deserialize)]
struct AlarmList {
    #[serde(default)]
    alarms: Vec<Alarm>,
}

#[derive(Debug, Deserialize)]
struct Alarm {
    #[serde(rename = "memberID")]
    member: u64,
    /// A number, as etcdctl writes it, or the word it stands for.
    alarm: Value,
}

impl Alarm {
    fn word(&self) -> String {
        match &self.alarm {
            Value::Number(number) if number.as_u64() == Some(1) => "NOSPACE".to_owned(),
            Value::Number(number) if number.as_u64() == Some(2) => "CORRUPT".to_owned(),
            Value::String(word) => word.clone(),
            other => other.to_string(),
        }
    }
}

impl EtcdInfo {
    /// Takes one of [`FILES`].
    pub(super) fn take(&mut self, path: &str, content: &[u8]) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let read = match name {
            "member_list.json" => {
                serde_json::from_slice(content).map(|list: MemberList| self.members.extend(list.members))
            }
            "endpoint_health.json" => serde_json::from_slice(content).map(|all: Vec<Health>| self.health.extend(all)),
            "endpoint_status.json" => serde_json::from_slice(content).map(|all: Vec<Endpoint>| self.status.extend(all)),
            "alarm_list.json" => serde_json::from_slice(content).map(|list: AlarmList| self.alarms.extend(list.alarms)),
            _ => Ok(()),
        };
        if let Err(error) = read {
            self.bad.insert(path.to_owned(), error.to_string());
        }
    }

    /// Some of it was there.
    pub(super) fn was_collected(&self) -> bool {
        !self.members.is_empty() || !self.bad.is_empty()
    }

    /// The first file that could not be understood, by path, and why.
    pub(super) fn bad(&self) -> Option<(&str, &str)> {
        self.bad.iter().next().map(|(path, why)| (path.as_str(), why.as_str()))
    }

    /// One object a member that has a name.
    pub(super) fn objects(&self) -> Vec<Result<Object, DecodeError>> {
        let named = self.members.iter().filter(|member| !member.name.is_empty());
        named.map(|member| decode::value(Kind::EtcdMember, &self.object(member))).collect()
    }

    fn object(&self, member: &Member) -> Value {
        // Its other addresses, such as sockets of an older etcd, answer nobody
        let asked =
            |health: &&Health| health.endpoint.starts_with("http") && member.addresses.contains(&health.endpoint);
        let health = self.health.iter().find(asked);
        let status =
            self.status.iter().map(|endpoint| &endpoint.status).find(|status| status.header.member_id == member.id);
        let alarms: Vec<String> =
            self.alarms.iter().filter(|alarm| alarm.member == member.id).map(Alarm::word).collect();
        json!({
            "metadata": {"name": member.name},
            "healthy": health.map(|health| health.health),
            "version": status.map(|status| &status.version),
            "hasLeader": status.map(|status| status.leader != 0),
            "dbSize": status.and_then(|status| status.db_size),
            "dbSizeInUse": status.and_then(|status| status.db_size_in_use),
            "alarms": alarms,
        })
    }
}

#[cfg(test)]
mod tests {
    use cluster_health::Index;
    use cluster_health::change::Change;
    use cluster_health::model::etcd_member::{Alarm, EtcdMember};

    use super::EtcdInfo;

    const MEMBERS: &str = r#"{"header": {}, "members": [
        {"ID": 3513545598572325380, "name": "m0", "clientURLs": ["https://10.0.0.1:2379", "unixs://10.0.0.1:0"]},
        {"ID": 13518803987065864191, "name": "m1", "clientURLs": ["https://10.0.0.2:2379"]},
        {"ID": 7, "clientURLs": []}]}"#;
    const HEALTH: &str = r#"[{"endpoint": "https://10.0.0.1:2379", "health": true, "took": "22ms"},
        {"endpoint": "unixs://10.0.0.1:0", "health": false}, {"endpoint": "https://10.0.0.2:2379", "health": false, "error": "x"}]"#;
    const STATUS: &str = r#"[{"Endpoint": "https://10.0.0.1:2379", "Status": {"header": {"member_id": 3513545598572325380},
        "version": "3.5.0", "dbSize": 115855360, "leader": 13518803987065864191, "dbSizeInUse": 63631360}}]"#;

    fn members(files: &[(&str, &str)]) -> Vec<EtcdMember> {
        let mut info = EtcdInfo::default();
        for (name, text) in files {
            info.take(&format!("mg/etcd_info/{name}"), text.as_bytes());
        }
        let mut index = Index::default();
        info.objects().into_iter().for_each(|object| index.apply(Change::Apply(object.unwrap())));
        index.into_cluster().etcd_members.iter().cloned().collect()
    }

    #[test]
    fn files_are_put_together_by_member() {
        let alarms = ("alarm_list.json", r#"{"alarms": [{"memberID": 13518803987065864191, "alarm": 1}]}"#);
        let files =
            [("endpoint_status.json", STATUS), alarms, ("member_list.json", MEMBERS), ("endpoint_health.json", HEALTH)];
        let members = members(&files);
        let facts =
            |it: &EtcdMember| (it.meta.name.to_string(), it.healthy, it.has_leader, it.db_size, it.db_size_in_use);
        assert_eq!(
            members.iter().map(facts).collect::<Vec<_>>(),
            [
                ("m0".to_owned(), Some(true), Some(true), Some(115_855_360), Some(63_631_360)),
                ("m1".to_owned(), Some(false), None, None, None),
            ]
        );
        assert!(members[0].alarms.is_empty());
        assert_eq!(*members[1].alarms, [Alarm::NoSpace]);
    }

    #[test]
    fn what_is_missing_is_not_known() {
        let members = members(&[("member_list.json", MEMBERS), ("alarm_list.json", "{}")]);
        assert_eq!((members[0].healthy, members[0].db_size), (None, None));
    }

    #[test]
    fn a_file_that_is_cut_is_told() {
        let mut info = EtcdInfo::default();
        info.take("mg/etcd_info/member_list.json", &MEMBERS.as_bytes()[..60]);
        assert!(info.was_collected() && info.objects().is_empty());
        assert_eq!(info.bad().unwrap().0, "mg/etcd_info/member_list.json");
    }
}
