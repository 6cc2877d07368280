//! Faults of answers: statuses, bodies that are cut or no JSON, and answers that never come.

use super::connections::again;
use super::{Fault, How, Meanwhile};
use crate::proxy::Proxy;
use crate::proxy::rule::{Action, Cut, On, Rule};

pub(super) const ALL: &[Fault] = &[
    blind("status-429", "429 Too Many Requests with Retry-After for everything", |proxy| {
        answer(proxy, 429, Some(1), status!(429, "TooManyRequests", "too many requests, please try again later"));
    }),
    blind("status-500", "500 Internal Server Error for everything", |proxy| {
        answer(proxy, 500, None, status!(500, "InternalError", "etcdserver: request timed out"));
    }),
    blind("status-502", "502 with a load balancer's page in HTML", |proxy| {
        answer(proxy, 502, None, "<html><body><h1>502 Bad Gateway</h1></body></html>");
    }),
    blind("status-503", "503 Service Unavailable for everything", |proxy| {
        answer(
            proxy,
            503,
            None,
            status!(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
        );
    }),
    blind("status-401", "401 Unauthorized: the token no longer counts", |proxy| {
        answer(proxy, 401, None, status!(401, "Unauthorized", "Unauthorized"));
    }),
    blind("status-403", "403 Forbidden for everything", |proxy| {
        answer(proxy, 403, None, status!(403, "Forbidden", "User cannot list resource at the cluster scope"));
    }),
    blind("status-404", "404 for everything, from somebody who is not the API", |proxy| {
        answer(proxy, 404, None, "404 page not found\n");
    }),
    blind("page-for-an-answer", "200 with a login page in HTML for everything", |proxy| {
        answer(proxy, 200, None, "<html><body><form>Log in to continue</form></body></html>");
    }),
    blind("null-for-an-answer", "200 with null for everything", |proxy| answer(proxy, 200, None, "null")),
    blind("requests-unanswered", "every request is taken and never answered", |proxy| {
        again(proxy, Rule::always(On::Everything, Action::Never));
    }),
    blind("watches-unanswered", "watches and streamed lists are never answered, other reads are", |proxy| {
        again(proxy, Rule::always(On::Watches, Action::Never));
    }),
    blind("watches-silent", "watches and streamed lists are answered with 200, and then nothing is told", |proxy| {
        again(proxy, Rule::always(On::Watches, Action::Silence));
    }),
    Fault {
        id: "errors-in-a-burst",
        what: "60 requests in a row get 500, then all is well",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| {
            again(
                proxy,
                Rule::times(
                    60,
                    On::Everything,
                    Action::Answer {
                        status: 500,
                        retry_after: None,
                        body: status!(500, "InternalError", "etcdserver: leader changed"),
                    },
                ),
            );
        }),
    },
    Fault {
        id: "gone",
        what: "30 watches in a row get 410 Gone",
        meanwhile: Meanwhile::Recovers,
        how: How::Proxy(|proxy| {
            again(
                proxy,
                Rule::times(
                    30,
                    On::Watches,
                    Action::Answer {
                        status: 410,
                        retry_after: None,
                        body: status!(410, "Expired", "too old resource version"),
                    },
                ),
            );
        }),
    },
    blind("bodies-cut", "every answer breaks off after 300 bytes", |proxy| {
        again(proxy, Rule::always(On::Everything, Action::Cut(300, Cut::Close)));
    }),
    blind("bodies-cut-politely", "every answer ends after 300 bytes as if it were whole", |proxy| {
        again(proxy, Rule::always(On::Everything, Action::Cut(300, Cut::Finish)));
    }),
];

const fn blind(id: &'static str, what: &'static str, breaks: fn(&Proxy)) -> Fault {
    Fault { id, what, meanwhile: Meanwhile::Blind, how: How::Proxy(breaks) }
}

fn answer(proxy: &Proxy, status: u16, retry_after: Option<u32>, body: &'static str) {
    again(proxy, Rule::always(On::Everything, Action::Answer { status, retry_after, body }));
}

/// A failure as the API server writes it.
macro_rules! status {
    ($code:literal, $reason:literal, $message:literal) => {
        concat!(
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":""#,
            $message,
            r#"","reason":""#,
            $reason,
            r#"","code":"#,
            $code,
            "}"
        )
    };
}
use status;
