//! The additions to the pod.

use k8s_openapi::api::core::v1::{
    Container, EnvVar, PodSpec, ProjectedVolumeSource, ServiceAccountTokenProjection, Volume,
    VolumeMount, VolumeProjection,
};

use crate::settings::Settings;

const VOLUME: &str = "aws-iam-token";
const TOKEN: &str = "token";

/// Adds the identity to the pod. Returns whether the pod changed.
pub(crate) fn into(spec: &mut PodSpec, role_arn: &str, settings: &Settings) -> bool {
    let mut changed = false;
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        changed |= add_variables(container, role_arn, settings);
        changed |= add_mount(container, settings);
    }
    let volumes = spec.volumes.get_or_insert_default();
    if volumes.iter().all(|volume| volume.name != VOLUME) {
        volumes.push(volume(settings));
        changed = true;
    }
    changed
}

fn add_variables(container: &mut Container, role_arn: &str, settings: &Settings) -> bool {
    let token_file = format!("{}/{TOKEN}", settings.mount_path);
    let variables = [("AWS_ROLE_ARN", role_arn), ("AWS_WEB_IDENTITY_TOKEN_FILE", &token_file)];
    let env = container.env.get_or_insert_default();
    let mut changed = false;
    for (name, value) in variables {
        if env.iter().all(|variable| variable.name != name) {
            env.push(EnvVar {
                name: name.to_owned(),
                value: Some(value.to_owned()),
                ..EnvVar::default()
            });
            changed = true;
        }
    }
    changed
}

fn add_mount(container: &mut Container, settings: &Settings) -> bool {
    let mounts = container.volume_mounts.get_or_insert_default();
    if mounts.iter().any(|mount| mount.name == VOLUME) {
        return false;
    }
    mounts.push(VolumeMount {
        name: VOLUME.to_owned(),
        read_only: Some(true),
        mount_path: settings.mount_path.clone(),
        ..VolumeMount::default()
    });
    true
}

fn volume(settings: &Settings) -> Volume {
    let token = ServiceAccountTokenProjection {
        audience: Some(settings.audience.clone()),
        expiration_seconds: Some(settings.token_expiration_seconds),
        path: TOKEN.to_owned(),
    };
    Volume {
        name: VOLUME.to_owned(),
        projected: Some(ProjectedVolumeSource {
            sources: Some(vec![VolumeProjection {
                service_account_token: Some(token),
                ..VolumeProjection::default()
            }]),
            ..ProjectedVolumeSource::default()
        }),
        ..Volume::default()
    }
}
