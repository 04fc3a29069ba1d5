//! Years of accounting, seeded: customers pay, pay in part, get credits and discounts; payments are deleted,
//! invoices cancelled, edited, voided, doubled; upstreams fail and the gateway is stopped. After every step
//! nothing may be Paid in PSOhub that Bexio did not call paid when it was looked at, and in the end
//! everything is Paid that Bexio calls so and the rule allows.

use std::collections::BTreeSet;
use std::time::Duration;

use invoice_gateway::domain::payment::SkipReason;
use invoice_gateway::domain::payment::run::{ItemResult, RunStatus};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use upstream_simulator::bexio::{InvoiceChange, Line, Position, Quirk};
use upstream_simulator::faults::{FaultAction, FaultBody, FaultRule, When};
use upstream_simulator::psohub::{EditPsohubInvoice, NewPsohubInvoice, Status};
use upstream_simulator::traffic::Upstream;

use super::support::{items, run, today};
use crate::support::app::{TestApp, TestOptions};

const DAYS: u32 = 130;

/// Four companies, 520 days together.
macro_rules! companies {
    ($($name:ident: $seed:literal),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            Company::start($seed).await.live().await;
        }
    )+};
}

companies! { company_1: 1, company_2: 2, company_3: 3, company_4: 4 }

/// An invoice in PSOhub, with its Bexio invoices.
struct Tracked {
    id: i64,
    bexio: Vec<i64>,
}

struct Company {
    seed: u64,
    day: u32,
    app: TestApp,
    dice: SmallRng,
    invoices: Vec<Tracked>,
    /// What people set to Paid in PSOhub themselves.
    by_hand: BTreeSet<i64>,
    paid: BTreeSet<i64>,
    marked: u64,
}

impl Company {
    async fn start(seed: u64) -> Self {
        let options = TestOptions::default()
            .set("UPSTREAM_READ_SECONDS", "0.3")
            .set("SHUTDOWN_GRACE_SECONDS", "5")
            .set("LEASE_SECONDS", "30");
        let app = options.start().await;
        Self {
            seed,
            day: 0,
            app,
            dice: SmallRng::seed_from_u64(seed),
            invoices: Vec::new(),
            by_hand: BTreeSet::new(),
            paid: BTreeSet::new(),
            marked: 0,
        }
    }

    async fn live(mut self) {
        for day in 0..DAYS {
            self.day = day;
            for _ in 0..self.dice.random_range(1..5) {
                self.something_happens();
            }
            self.app.advance(Duration::from_hours(self.dice.random_range(20..29)));
            self.clock_is_set();
            let is_spoiled = self.trouble().await;
            self.sync(is_spoiled).await;
            self = self.restarts().await;
        }
        self.heals().await;
    }

    fn tell(&self, what: &str) -> String {
        format!("seed {}, day {}: {what}", self.seed, self.day)
    }

    fn something_happens(&mut self) {
        match self.dice.random_range(0..100) {
            0..22 => self.invoice_is_made(),
            22..55 => self.money_comes(),
            55..62 => self.part_is_paid(),
            62..67 => self.credit_or_discount(),
            67..72 => self.payment_is_deleted(),
            72..76 => self.is_cancelled(),
            76..80 => self.is_edited_in_bexio(),
            80..84 => self.is_edited_in_psohub(),
            84..88 => self.is_doubled(),
            88..91 => self.psohub_status_is_set(),
            91..95 => self.bexio_status_is_set(),
            _ => {
                let on = self.dice.random();
                self.app.simulator.world().bexio().set_quirk(Quirk::PaymentKeepsUpdatedAt, on);
            }
        }
    }

    fn invoice_is_made(&mut self) {
        let status = [Status::Draft, Status::Approved, Status::Sent, Status::Sent, Status::Sent];
        let status = status.choose(&mut self.dice).unwrap().clone();
        let world = self.app.simulator.world();
        let id = world.psohub().add(NewPsohubInvoice { status, ..NewPsohubInvoice::default() });
        let bexio = if self.dice.random_ratio(9, 10) {
            world.book_in_bexio(id).into_iter().collect()
        } else {
            Vec::new()
        };
        for id in &bexio {
            if self.dice.random_ratio(9, 10) {
                world.bexio().issue(*id).unwrap();
            }
        }
        self.invoices.push(Tracked { id, bexio });
    }

    /// Any Bexio invoice that is no more than a month old by the order of their making.
    fn some_bexio(&mut self) -> Option<i64> {
        let recent = self.invoices.len().saturating_sub(40);
        let ids: Vec<i64> = self.invoices[recent..].iter().flat_map(|it| it.bexio.clone()).collect();
        ids.choose(&mut self.dice).copied()
    }

    fn some_psohub(&mut self) -> Option<i64> {
        self.invoices.choose(&mut self.dice).map(|it| it.id)
    }

    fn money_comes(&mut self) {
        let Some(id) = self.some_bexio() else { return };
        // What cannot be paid any more is refused; so is life.
        let _ = self.app.simulator.world().bexio().pay(id, None, today(&self.app));
    }

    fn part_is_paid(&mut self) {
        let Some(id) = self.some_bexio() else { return };
        let amount = Some(Decimal::from(self.dice.random_range(1..900)));
        let _ = self.app.simulator.world().bexio().pay(id, amount, today(&self.app));
    }

    fn credit_or_discount(&mut self) {
        let Some(id) = self.some_bexio() else { return };
        let amount = self.dice.random_ratio(1, 2).then(|| Decimal::from(20));
        let mut bexio = self.app.simulator.world().bexio();
        let day = today(&self.app);
        if self.dice.random() {
            let _ = bexio.credit(id, amount, day);
        } else {
            let _ = bexio.cash_discount(id, amount, day);
        }
    }

    fn payment_is_deleted(&mut self) {
        let Some(id) = self.some_bexio() else { return };
        let mut bexio = self.app.simulator.world().bexio();
        let payment = bexio.invoice(id).and_then(|it| it.payments.last()).map(|payment| payment.id);
        if let Some(payment) = payment {
            bexio.delete_payment(id, payment).unwrap();
        }
    }

    fn is_cancelled(&mut self) {
        let Some(id) = self.some_bexio() else { return };
        let _ = self.app.simulator.world().bexio().cancel(id);
    }

    fn is_edited_in_bexio(&mut self) {
        let Some(id) = self.some_bexio() else { return };
        let mut bexio = self.app.simulator.world().bexio();
        let price = Decimal::from([1000, 1000, 900, 1100][self.dice.random_range(0..4)]);
        let line = Line { unit_price: price, tax_id: bexio.tax_id("UN81"), ..Line::default() };
        let positions = Some(vec![Position::Custom(line)]);
        let _ = bexio.edit(id, InvoiceChange { positions, ..InvoiceChange::default() });
    }

    fn is_edited_in_psohub(&mut self) {
        let Some(id) = self.some_psohub() else { return };
        let total = [1081, 1081, 1082, 981][self.dice.random_range(0..4)];
        let edit =
            EditPsohubInvoice { total_inc_vat: Some(Decimal::from(total)), ..EditPsohubInvoice::default() };
        drop(self.app.simulator.world().psohub().edit(id, edit));
    }

    fn is_doubled(&mut self) {
        let recent = self.invoices.len().saturating_sub(20);
        let Some(place) = (recent..self.invoices.len()).collect::<Vec<_>>().choose(&mut self.dice).copied()
        else {
            return;
        };
        let world = self.app.simulator.world();
        let Some(double) = world.book_in_bexio(self.invoices[place].id) else { return };
        if self.dice.random_ratio(2, 3) {
            world.bexio().issue(double).unwrap();
        }
        self.invoices[place].bexio.push(double);
    }

    fn psohub_status_is_set(&mut self) {
        let Some(id) = self.some_psohub() else { return };
        let mut psohub = self.app.simulator.world().psohub();
        // PSOhub never takes Paid back; a person may mark as paid what is not.
        if psohub.invoice(id).unwrap().status == Status::Paid {
            return;
        }
        let to =
            [Status::Approved, Status::Sent, Status::Void, Status::Other("Disputed".into()), Status::Paid];
        let to = to.choose(&mut self.dice).unwrap().clone();
        if to == Status::Paid {
            self.by_hand.insert(id);
        }
        psohub.set_status(id, to).unwrap();
    }

    fn bexio_status_is_set(&mut self) {
        let Some(id) = self.some_bexio() else { return };
        let mut bexio = self.app.simulator.world().bexio();
        let now = bexio.invoice(id).unwrap().kb_item_status_id;
        let to = match now {
            8 => 31,
            31 | 77 => 8,
            16 => 77,
            _ => return,
        };
        bexio.set_status(id, to).unwrap();
    }

    fn clock_is_set(&mut self) {
        if self.dice.random_ratio(1, 20) {
            let now = invoice_gateway::domain::Clock::now(self.app.clock());
            self.app.clock().set(now - Duration::from_hours(2));
        }
    }

    /// Something breaks today; whether a run may fail of it.
    async fn trouble(&mut self) -> bool {
        let seed = self.dice.random();
        let faults = &self.app.simulator.world().faults;
        let on =
            |upstream, action, share| FaultRule::on(upstream, action).when(When::PerMille { share, seed });
        let broken = |after_effect| FaultAction::Status { code: 500, body: FaultBody::Html, after_effect };
        match self.dice.random_range(0..14) {
            0 => self.app.simulator.stop_bexio().await,
            1 => self.app.simulator.stop_psohub().await,
            2 => drop(faults.add(on(Upstream::Psohub, FaultAction::DropAfterEffect, 500))),
            3 => drop(faults.add(on(Upstream::Psohub, FaultAction::DropBeforeEffect, 500))),
            4 => drop(faults.add(on(Upstream::Psohub, broken(true), 700))),
            5 => drop(faults.add(on(Upstream::Bexio, broken(false), 400))),
            6 => drop(faults.add(on(Upstream::Bexio, FaultAction::InvalidJson, 500))),
            7 => drop(faults.add(on(
                Upstream::Psohub,
                FaultAction::Redirect { code: 302, location: "/login".into() },
                300,
            ))),
            _ => return false,
        }
        true
    }

    /// One run, and what it may have done.
    async fn sync(&mut self, is_spoiled: bool) {
        let run = run(&self.app).await;
        assert!(is_spoiled || run.status == RunStatus::Succeeded, "{}", self.tell(&format!("{run:#?}")));
        self.marked += run.counts.paid;
        self.check();
        if is_spoiled {
            self.app.simulator.world().faults.clear();
            self.app.simulator.start_bexio().await.unwrap();
            self.app.simulator.start_psohub().await.unwrap();
        }
    }

    /// The worst failure there is: what became Paid since the last check, and nobody set by hand, is what
    /// Bexio calls paid. Nothing happens in the books while a run goes on.
    fn check(&mut self) {
        let world = self.app.simulator.world();
        let psohub = world.psohub();
        let now: BTreeSet<i64> =
            psohub.invoices().iter().filter(|it| it.status == Status::Paid).map(|it| it.id).collect();
        drop(psohub);
        for id in now.difference(&self.paid).filter(|id| !self.by_hand.contains(id)) {
            assert!(self.is_paid_by_the_rule(*id), "{}", self.tell(&format!("{id} was marked wrongly")));
        }
        self.paid = now;
    }

    /// Whether one Bexio invoice and no other stands for it, is paid, and is about as much.
    fn is_paid_by_the_rule(&self, id: i64) -> bool {
        let world = self.app.simulator.world();
        let total = world.psohub().invoice(id).unwrap().total_inc_vat;
        let tracked = self.invoices.iter().find(|it| it.id == id).unwrap();
        let bexio = world.bexio();
        let live: Vec<_> = tracked
            .bexio
            .iter()
            .filter_map(|id| bexio.invoice(*id))
            .filter(|it| ![7, 19].contains(&it.kb_item_status_id))
            .collect();
        let [only] = live[..] else { return false };
        only.kb_item_status_id == 9 && (only.totals.total - total).abs() <= Decimal::new(5, 2)
    }

    async fn restarts(mut self) -> Self {
        if self.dice.random_ratio(1, 12) {
            self.app = self.app.restart().await;
        }
        self
    }

    /// Everything works again for a day: nothing is missed, and what does not agree is reported.
    async fn heals(mut self) {
        self.app.advance(Duration::from_hours(25));
        self.app.look_at_both().await;
        let last = run(&self.app).await;
        assert_eq!(last.status, RunStatus::Succeeded, "{}", self.tell(&format!("{last:#?}")));
        self.check();
        let reported: BTreeSet<i64> = items(&self.app, &last)
            .await
            .into_iter()
            .filter(|item| matches!(item.result, ItemResult::Reported(SkipReason::PaidOnlyInPsohub)))
            .map(|item| item.invoice.get())
            .collect();
        for Tracked { id, .. } in &self.invoices {
            let status = self.app.simulator.world().psohub().invoice(*id).unwrap().status.clone();
            let is_owed = matches!(status, Status::Approved | Status::Sent);
            let missed = is_owed && self.is_paid_by_the_rule(*id);
            assert!(!missed, "{}", self.tell(&format!("{id} is {status:?} and was missed")));
            let is_undone = status == Status::Paid && self.is_open_in_bexio(*id);
            assert!(!is_undone || reported.contains(id), "{}", self.tell(&format!("{id} is not reported")));
        }
        assert!(self.marked > 20, "{}", self.tell(&format!("only {} were marked", self.marked)));
    }

    /// Whether its only Bexio invoice is not paid.
    fn is_open_in_bexio(&self, id: i64) -> bool {
        let bexio = self.app.simulator.world().bexio();
        let tracked = self.invoices.iter().find(|it| it.id == id).unwrap();
        matches!(tracked.bexio[..], [only] if bexio.invoice(only).unwrap().kb_item_status_id != 9)
    }
}
