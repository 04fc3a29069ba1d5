//! The person at the end: answers what deliveries ask, now truly, now at random, and sends again what failed.

use invoice_gateway::domain::delivery::{Decision, Delivery, Halt, Review, State};

use super::Player;
use crate::protocol::{Answer, Command, SendCommand};

/// Rounds of questions and answers: a decision can lead to the next question.
const ROUNDS_MAX: u32 = 8;

impl Player {
    /// Answers until nobody asks any more.
    pub(super) async fn answer_questions(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let deliveries = self.deliveries().await.unwrap_or_default();
            let mut asked = false;
            for delivery in &deliveries {
                asked |= match delivery.state() {
                    State::Failed => self.send_again(delivery).await,
                    State::NeedsReview => self.resolve(delivery).await,
                    _ => false,
                };
            }
            if !asked {
                return;
            }
            self.come_to_rest().await;
        }
    }

    async fn send_again(&mut self, delivery: &Delivery) -> bool {
        let invoice = delivery.invoice_id().get();
        self.say(&format!("a person sends delivery {} again", delivery.id()));
        let email = delivery.accepted().mail;
        let command = Command::Send(SendCommand { invoice, key: None, email, wait_ms: 0 });
        match self.demand(command).await {
            Some(Answer::Sent { .. }) => true,
            other => {
                self.violate(&format!(
                    "delivery {} failed and cannot be sent again: {other:?}",
                    delivery.id()
                ));
                false
            }
        }
    }

    async fn resolve(&mut self, delivery: &Delivery) -> bool {
        let decision = self.decision(delivery);
        self.say(&format!("a person decides {decision:?} on delivery {}", delivery.id()));
        let (id, expected_version) = (delivery.id().get(), delivery.version());
        let answer = self.demand(Command::Resolve { delivery: id, decision, expected_version }).await;
        if !matches!(answer, Some(Answer::Sent { .. })) {
            self.violate(&format!("the decision {decision:?} on {delivery:?} is not taken: {answer:?}"));
            return false;
        }
        if delivery.halt().is_none() && decision == Decision::SendAgain {
            let place = self.place_of(delivery);
            self.mails_asked[place] += 1;
        }
        self.counts.decisions += 1;
        true
    }

    /// The invoice of a delivery.
    pub fn place_of(&self, delivery: &Delivery) -> usize {
        let id = delivery.invoice_id().get();
        self.company.invoices.iter().position(|invoice| *invoice == id).expect("it is one of ours")
    }

    fn decision(&mut self, delivery: &Delivery) -> Decision {
        match delivery.halt() {
            None => self.dice.pick(&[
                Decision::MailArrived,
                Decision::MailArrived,
                Decision::SendAgain,
                Decision::SendAgain,
                Decision::Abandon,
            ]),
            Some(Halt::Review(Review::ContactAmbiguous(ids))) if self.dice.chance(80) => {
                Decision::ChooseContact(ids[0])
            }
            Some(Halt::Review(Review::ExistingInvoice(ids))) if self.dice.chance(70) => {
                Decision::UseExisting(ids[0])
            }
            _ if self.dice.chance(75) => Decision::SendAgain,
            _ => Decision::Abandon,
        }
    }
}
