//! The whole of a place, as a stream that goes on as a watch or in pages.

use std::time::Duration;

use tokio::time::Instant;

use super::Follower;
use crate::sources::live::access::Way;
use crate::sources::live::event::{self, Event};
use crate::sources::live::failure::Failure;
use crate::sources::live::lines::{self, Lines};
use crate::sources::live::pages::Page;
use crate::sources::live::paths;
use crate::sources::live::world::Listing;

/// Pages whose server has forgotten where they began this often are asked for as one.
const EXPIRED_PAGES: u32 = 2;

impl Follower {
    /// Lists the kind. A streamed list goes on as the watch that is returned.
    pub(super) async fn list(&mut self, length: Duration) -> Result<Option<Lines>, Failure> {
        let source = self.source.clone();
        let way = source.access.ask(&source.connection, &self.place).await?;
        source.world.answered();
        self.everywhere_again().await;
        self.polls = way == Way::Poll || self.unwatchable;
        source.world.polled(&self.place, self.polls);
        // Never closed
        let _permit = source.lists.acquire().await;
        if self.streams && !self.polls {
            match self.stream(length).await {
                Err(Failure::NoStreaming) => {}
                streamed => return streamed.map(Some),
            }
        }
        self.pages().await?;
        // What a list says is no word about watches
        self.trusted = false;
        Ok(None)
    }

    async fn stream(&mut self, length: Duration) -> Result<Lines, Failure> {
        let source = self.source.clone();
        let response = source.connection.stream(&paths::stream(&self.place, length)).await;
        let mut lines = match response {
            Ok(response) => Lines::new(response.into_body()),
            // Servers without the feature find the request invalid
            Err(Failure::Refused { code: 400 | 422, .. }) => {
                self.streams = false;
                return Err(Failure::NoStreaming);
            }
            // So it says when its etcd is too old for streams; pages will show whether more is wrong
            Err(Failure::Refused { code: 500, .. }) => return Err(Failure::NoStreaming),
            Err(failure) => return Err(failure),
        };
        let mut listing = source.world.begin(&self.place);
        loop {
            let line = match lines.next(Instant::now() + source.timing.object).await {
                Ok(Some(line)) => line,
                // A server that takes the request for a plain watch never comes to the end of the list
                Ok(None) | Err(Failure::TimedOut(_)) => return Err(Failure::NoStreaming),
                Err(failure) => return Err(failure),
            };
            match event::read(self.kind(), line)? {
                Event::Applied(object) => source.world.listed(&mut listing, Ok(object)),
                Event::Unreadable(unreadable) => source.world.listed(&mut listing, Err(unreadable)),
                Event::Bookmark { version, initial: true } => {
                    self.bookmarks = true;
                    self.move_to(&version);
                    source.world.finish(listing);
                    return Ok(lines);
                }
                Event::Bookmark { .. } => {}
                Event::Deleted(_) => return Err(Failure::NoStreaming),
            }
        }
    }

    async fn pages(&mut self) -> Result<(), Failure> {
        let source = self.source.clone();
        let mut expired = 0;
        loop {
            let mut listing = source.world.begin(&self.place);
            match self.all_pages(&mut listing, expired < EXPIRED_PAGES).await {
                Ok(version) => {
                    self.version = version;
                    source.world.finish(listing);
                    return Ok(());
                }
                Err(Failure::Expired) if expired < EXPIRED_PAGES => expired += 1,
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn all_pages(&self, listing: &mut Listing, paged: bool) -> Result<String, Failure> {
        let mut next = String::new();
        loop {
            let response = self.source.connection.get(&paths::list(&self.place, &next, paged)).await?;
            let (mut body, mut page) = (response.into_body(), Page::default());
            let mut deadline = Instant::now() + self.source.timing.object;
            while let Some(chunk) = lines::chunk(&mut body, deadline).await? {
                page.feed(&chunk, |bytes| {
                    deadline = Instant::now() + self.source.timing.object;
                    self.source.world.listed(listing, event::read_item(self.kind(), bytes)?);
                    Ok(())
                })?;
            }
            let meta = page.end()?;
            if meta.resource_version.is_empty() {
                return Err(Failure::garbled("a list has no version"));
            }
            if meta.next.is_empty() {
                return Ok(meta.resource_version);
            }
            next = meta.next;
        }
    }
}
