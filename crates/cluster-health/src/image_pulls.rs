//! Why images cannot be pulled, as far as the container runtime's words tell.

/// Why an image cannot be pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    RateLimit,
    Certificate,
    Dns,
    Signature,
    Credentials,
    NotFound,
    NoAnswer,
    Malformed,
}

impl Cause {
    pub fn words(self) -> &'static str {
        match self {
            Cause::RateLimit => "the registry limits the rate of pulls",
            Cause::Certificate => "the registry's certificate is not trusted",
            Cause::Dns => "the registry's name is not resolved (DNS)",
            Cause::Signature => "the image's signature is not accepted",
            Cause::Credentials => "the registry refuses the credentials",
            Cause::NotFound => "the image or tag does not exist",
            Cause::NoAnswer => "the registry does not answer",
            Cause::Malformed => "the image's name is malformed",
        }
    }

    /// It lies with one image, and not with the registry or the way to it.
    pub fn is_of_one_image(self) -> bool {
        matches!(self, Cause::Signature | Cause::NotFound | Cause::Malformed)
    }

    /// Container runtimes write these messages from the registry's answer.
    pub fn of(message: &str) -> Option<Self> {
        const SIGNS: [(Cause, &[&str]); 8] = [
            (Cause::RateLimit, &["toomanyrequests", "rate limit"]),
            (Cause::Certificate, &["x509", "certificate"]),
            (Cause::Dns, &["no such host", "server misbehaving", "name resolution"]),
            (Cause::Signature, &["signature"]),
            (Cause::Credentials, &["unauthorized", "authentication required", "denied", "forbidden"]),
            (Cause::NotFound, &["manifest unknown", "not found", "name unknown", "does not exist"]),
            (Cause::NoAnswer, &["timeout", "deadline exceeded", "connection refused", "no route to host"]),
            (Cause::Malformed, &["invalid reference format", "couldn't parse image"]),
        ];
        let message = message.to_ascii_lowercase();
        SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| message.contains(sign))).map(|(cause, _)| *cause)
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn causes_are_told_apart() {
        for (message, cause) in [
            ("lookup quay.io: no such host", Some(Cause::Dns)),
            ("tls: x509: certificate signed by unknown authority", Some(Cause::Certificate)),
            ("toomanyrequests: You have reached your pull rate limit", Some(Cause::RateLimit)),
            ("Back-off pulling image", None),
        ] {
            assert_eq!(Cause::of(message), cause, "{message}");
        }
    }
}
