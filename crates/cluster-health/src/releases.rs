//! Releases of Kubernetes and OpenShift, and until when OpenShift's are looked after.

use crate::time::Time;

/// `major.minor`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    pub major: u32,
    pub minor: u32,
}

impl Release {
    /// The release of `4.20.14`, `v1.33.5+abc` or `1.25`.
    pub fn parse(version: &str) -> Option<Self> {
        let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
        let mut number = || parts.next()?.parse().ok();
        Some(Self { major: number()?, minor: number()? })
    }

    pub fn next(self) -> Self {
        Self { minor: self.minor + 1, ..self }
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The release of Kubernetes in a version of OpenShift 4, which is 13 behind it.
pub fn kubernetes(openshift: &str) -> Option<Release> {
    let release = Release::parse(openshift).filter(|release| release.major == 4)?;
    Some(Release { major: 1, minor: release.minor + 13 })
}

/// Until when a release of OpenShift is looked after.
#[derive(Clone, Copy, Debug)]
pub struct LifeCycle {
    /// End of maintenance support.
    pub maintained_until: Time,
    /// End of the first term of extended update support; only even releases have one.
    pub extended_until: Option<Time>,
}

/// When the table below was last compared with Red Hat's.
pub const LIFE_CYCLES_AS_OF: &str = "2026-03";

/// Minor release of OpenShift 4, end of maintenance, end of extended update support, from Red Hat's life cycle policy.
const LIFE_CYCLES: &[(u32, &str, &str)] = &[
    (8, "2023-01-27", ""),
    (9, "2023-04-18", ""),
    (10, "2023-09-10", ""),
    (11, "2024-02-10", ""),
    (12, "2024-07-17", "2025-01-17"),
    (13, "2024-11-17", ""),
    (14, "2025-05-01", "2025-10-31"),
    (15, "2025-08-27", ""),
    (16, "2025-12-27", "2026-06-27"),
    (17, "2026-04-01", ""),
    (18, "2026-08-25", "2027-02-25"),
    (19, "2026-12-17", ""),
    (20, "2027-04-21", "2027-10-21"),
    (21, "2027-08-03", ""),
];

/// Nothing for releases the table does not know.
pub fn life_cycle(openshift: &str) -> Option<LifeCycle> {
    let release = Release::parse(openshift).filter(|release| release.major == 4)?;
    let (_, maintained, extended) = LIFE_CYCLES.iter().find(|(minor, ..)| *minor == release.minor)?;
    let day = |text: &str| Time::parse(&format!("{text}T00:00:00Z"));
    Some(LifeCycle { maintained_until: day(maintained)?, extended_until: day(extended) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_products_write_them() {
        let release = |text| Release::parse(text).map(|release| release.to_string());
        assert_eq!(release("4.20.14").as_deref(), Some("4.20"));
        assert_eq!(release("v1.33.5+abc123").as_deref(), Some("1.33"));
        assert_eq!(release("1.25").as_deref(), Some("1.25"));
        assert_eq!(release("latest"), None);
        assert_eq!(kubernetes("4.20.14").map(|release| release.to_string()).as_deref(), Some("1.33"));
    }

    #[test]
    fn every_row_of_the_table_is_a_date() {
        for (minor, ..) in LIFE_CYCLES {
            let life = life_cycle(&format!("4.{minor}.1")).unwrap();
            assert!(life.extended_until.is_none_or(|extended| extended > life.maintained_until));
        }
        assert!(life_cycle("4.99.1").is_none());
    }
}
