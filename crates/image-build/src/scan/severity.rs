//! How bad a vulnerability is.

use std::fmt;

/// In CVSS's words, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Critical,
    High,
    /// Nobody has rated it. It could be anything, so it closes the gate until somebody looks.
    Unknown,
    Medium,
    Low,
    None,
}

impl Severity {
    pub const ALL: [Self; 6] = [Self::Critical, Self::High, Self::Unknown, Self::Medium, Self::Low, Self::None];

    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Unknown => "unknown",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::None => "none",
        }
    }

    /// Whether an image with such a vulnerability may not be published.
    pub fn closes_the_gate(self) -> bool {
        match self {
            Self::Critical | Self::High | Self::Unknown => true,
            Self::Medium | Self::Low | Self::None => false,
        }
    }

    /// From a CVSS vector of version 3 or 4; one that cannot be read rates nothing.
    pub fn of_vector(vector: &str) -> Self {
        match vector.parse::<cvss::Cvss>().map(|vector| vector.severity()) {
            Ok(cvss::Severity::Critical) => Self::Critical,
            Ok(cvss::Severity::High) => Self::High,
            Ok(cvss::Severity::Medium) => Self::Medium,
            Ok(cvss::Severity::Low) => Self::Low,
            Ok(cvss::Severity::None) => Self::None,
            Err(_) => Self::Unknown,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_rated_as_cvss_rates_them() {
        for (vector, severity) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Severity::Critical),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", Severity::High),
            ("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H", Severity::Medium),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Severity::Critical),
            ("CVSS:3.1/nonsense", Severity::Unknown),
            ("", Severity::Unknown),
        ] {
            assert_eq!(Severity::of_vector(vector), severity, "{vector}");
        }
    }

    #[test]
    fn what_nobody_rated_closes_the_gate() {
        let closing: Vec<_> = Severity::ALL.into_iter().filter(|severity| severity.closes_the_gate()).collect();
        assert_eq!(closing, [Severity::Critical, Severity::High, Severity::Unknown]);
    }
}
