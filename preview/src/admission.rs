//! The wire format on both sides of the policy: the request it judges and the response made of its answer.

mod request;
mod response;

pub use request::{
    AdmissionRequest, GroupVersionKind, GroupVersionResource, RequestError, UserInfo,
};
pub use response::{AdmissionResponse, PatchError, Status};
