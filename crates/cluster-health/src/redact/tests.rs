use super::*;

/// Each stands in the text once and must not stand in what is left.
const SECRETS: &[(&str, &str)] = &[
    (
        "sha256~J3kQ0bXn7cWq9vTzY2mLr5PdGh8sEfUa1iBoKxCjVwM",
        "token sha256~J3kQ0bXn7cWq9vTzY2mLr5PdGh8sEfUa1iBoKxCjVwM expired",
    ),
    ("hunter2", "password=hunter2"),
    ("hunter2", "PGPASSWORD=hunter2 psql"),
    ("hunter2", "password: hunter2"),
    ("hunter2", "db-password = hunter2, host = db"),
    ("hunter2", r#"{"password":"hunter2","user":"app"}"#),
    ("hunter2", r#"{\"password\":\"hunter2\"}"#),
    ("hunter2 and more", r#"passphrase="hunter2 and more" next"#),
    ("hunter2", "mysql --password hunter2 --host db"),
    ("s3cr3tvalue", "--client-secret=s3cr3tvalue"),
    ("hunter2", "postgres://app:hunter2@db.shop.svc:5432/app"),
    ("p@ss", "amqp://guest:p@ss@mq:5672"),
    (
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "clone https://ghp_0123456789abcdefghijABCDEFGHIJ012345@github.example/x",
    ),
    ("Ym90OnBhc3M=", "Authorization: Basic Ym90OnBhc3M="),
    ("abc123.def456", "authorization: bearer abc123.def456"),
    ("Zm9vYmFyYmF6", "rejected Bearer Zm9vYmFyYmF6, try again"),
    (
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl",
        "jwt eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl",
    ),
    ("eyJhdXRocyI6eyJxdWF5LmlvIjp7fX19", ".dockerconfigjson: eyJhdXRocyI6eyJxdWF5LmlvIjp7fX19"),
    ("dXNlcjpwYXNzd29yZA==", r#"{"auths":{"quay.io":{"auth":"dXNlcjpwYXNzd29yZA=="}}}"#),
    ("AKIAIOSFODNN7EXAMPLE", "aws AKIAIOSFODNN7EXAMPLE denied"),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "key AIzaSyA1234567890abcdefghijklmnopqrstuv"),
    ("glpat-abcdefghij0123456789", "remote glpat-abcdefghij0123456789"),
    ("xoxb-1234567890-abcdefghij", "slack xoxb-1234567890-abcdefghij"),
    ("sk-ant-api03-abcdefghijklmnop", "model sk-ant-api03-abcdefghijklmnop"),
    ("hvs.CAESIabcdefghijklmnop", "vault hvs.CAESIabcdefghijklmnop"),
    (
        "MIIEvQIBADANBgkqhkiG9w0BAQ",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----",
    ),
    ("MIIEvQIBADANBgkqhkiG9w0BAQ", "key: -----BEGIN RSA PRIVATE KEY----- MIIEvQIBADANBgkqhkiG9w0BAQ"),
    ("MIIEvQIBADANBgkqhkiG9w0BAQ", "key: MIIEvQIBADANBgkqhkiG9w0BAQ\n-----END RSA PRIVATE KEY-----\nnext"),
    ("a81bc81b-dead-4e5d-abff-90865d1e13b1", "api_key=a81bc81b-dead-4e5d-abff-90865d1e13b1"),
    ("9f86d081884c7d65", r#"  "accessToken" : "9f86d081884c7d65""#),
    ("Q2hhbmdlTWVOb3cxMjM0NTY3ODkwYWJjZGVm", "blob Q2hhbmdlTWVOb3cxMjM0NTY3ODkwYWJjZGVm end"),
    ("s%3Aabc123", "Cookie: s%3Aabc123"),
];

/// Nothing of this is a secret, and all of it is evidence.
const EVIDENCE: &[&str] = &[
    "",
    "secret \"orders-db-credentials\" not found",
    "couldn't find key password in Secret shop/orders-db",
    "Error: secret: not found",
    "MountVolume.SetUp failed for volume \"token\" : configmap \"ca\" not found",
    "the token is invalid: unauthorized",
    "bearer authentication failed",
    "basic auth is not supported",
    "quay.io/shop/api@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "dial tcp 10.0.3.7:5432: connect: connection refused",
    "Get \"https://registry.example.com/v2/shop/api/manifests/v1.2.3\": unauthorized",
    "pvc-0a1b2c3d-4e5f-6789-abcd-ef0123456789 is not attached",
    "StaticPodsDegraded: pod/kube-controller-manager-control-plane-1 container \"x\" is waiting",
    "0/7 nodes are available: 3 node(s) had untolerated taint {node-role.kubernetes.io/master: }",
    "rendered-worker-5f2c3d4e5f60718293a4b5c6d7e8f901",
    "/var/lib/kubelet/pods/0a1b2c3d-4e5f-6789-abcd-ef0123456789/volumes/kubernetes.io~projected/kube-api-access-x7k2p",
    "operatorframework.io/bundle-unpack-ref BundleLookupFailed InstallPlanMissing",
    "https://docs.openshift.com/container-platform/4.20/support/troubleshooting.html",
    "user:app host:db port:5432",
    "spec.template.spec.serviceAccountName=builder imagePullSecrets=[pull]",
];

#[test]
fn secrets_do_not_leave() {
    for (secret, text) in SECRETS {
        assert!(text.contains(secret), "the case is wrong: {text}");
        let left = redact(text);
        assert!(!left.contains(secret) && left.contains(MARK), "{text} became {left}");
    }
}

#[test]
fn evidence_stays_as_it_is() {
    for text in EVIDENCE {
        assert_eq!(redact(text), *text);
        assert!(matches!(redact(text), Cow::Borrowed(_)));
    }
}

#[test]
fn what_surrounds_a_secret_stays() {
    assert_eq!(redact("postgres://app:pw1@db:5432/app?x=1 refused"), "postgres://(redacted)@db:5432/app?x=1 refused");
    assert_eq!(redact("a password=x1, b"), "a password=(redacted), b");
    assert_eq!(redact(r#"{"token":"abc12345","n":1}"#), r#"{"token":"(redacted)","n":1}"#);
    assert_eq!(redact("Authorization: Bearer abc"), "Authorization: (redacted)");
}

#[test]
fn twice_is_once() {
    for (_, text) in SECRETS {
        let once = redact(text);
        assert_eq!(redact(&once), once, "{text}");
    }
}

#[test]
fn every_secret_is_found_inside_other_text() {
    for (secret, text) in SECRETS {
        for wrapped in [
            format!("ümlaut ✓ {text}"),
            format!("{{\"message\":\"{}\"}}", text.replace('"', "\\\"")),
            format!("{text}\n{text}"),
        ] {
            let left = redact(&wrapped);
            assert!(!left.contains(secret), "{wrapped} became {left}");
        }
    }
}
