// Names and field numbers of worker deployments, versioning, priorities and time skipping, checked
// against Temporal's own descriptors by a test.
#pragma once

#include "durasim/core/messages.hpp"

#include "core/message_description.hpp"

#include <string_view>

namespace durasim::inline v0::codec {

template <>
struct Description<proto::WorkerDeploymentVersion> {
  using M = proto::WorkerDeploymentVersion;
  static constexpr std::string_view name = "temporal.api.deployment.v1.WorkerDeploymentVersion";
  static constexpr auto fields = codec::fields(field(1, "build_id", &M::build_id),
                                               field(2, "deployment_name", &M::deployment_name));
};

template <>
struct Description<proto::Deployment> {
  using M = proto::Deployment;
  static constexpr std::string_view name = "temporal.api.deployment.v1.Deployment";
  static constexpr auto fields =
      codec::fields(field(1, "series_name", &M::series_name), field(2, "build_id", &M::build_id));
};

template <>
struct Description<proto::VersioningOverride::PinnedOverride> {
  using M = proto::VersioningOverride::PinnedOverride;
  static constexpr std::string_view name =
      "temporal.api.workflow.v1.VersioningOverride.PinnedOverride";
  static constexpr auto fields =
      codec::fields(field(1, "behavior", &M::behavior), field(2, "version", &M::version));
};

template <>
struct Description<proto::VersioningOverride::OneTimeOverride> {
  using M = proto::VersioningOverride::OneTimeOverride;
  static constexpr std::string_view name =
      "temporal.api.workflow.v1.VersioningOverride.OneTimeOverride";
  static constexpr auto fields =
      codec::fields(field(1, "target_deployment_version", &M::target_deployment_version));
};

template <>
struct Description<proto::VersioningOverride> {
  using M = proto::VersioningOverride;
  static constexpr std::string_view name = "temporal.api.workflow.v1.VersioningOverride";
  static constexpr auto fields =
      codec::fields(field(1, "behavior", &M::behavior), field(2, "deployment", &M::deployment),
                    one_of(&M::override, alternative(3, "pinned"), alternative(4, "auto_upgrade"),
                           alternative(5, "one_time")),
                    field(9, "pinned_version", &M::pinned_version));
};

template <>
struct Description<proto::Priority> {
  using M = proto::Priority;
  static constexpr std::string_view name = "temporal.api.common.v1.Priority";
  static constexpr auto fields = codec::fields(field(1, "priority_key", &M::priority_key),
                                               field(2, "fairness_key", &M::fairness_key),
                                               field(3, "fairness_weight", &M::fairness_weight));
};

template <>
struct Description<proto::InheritedAutoUpgradeInfo> {
  using M = proto::InheritedAutoUpgradeInfo;
  static constexpr std::string_view name = "temporal.api.deployment.v1.InheritedAutoUpgradeInfo";
  static constexpr auto fields = codec::fields(
      field(1, "source_deployment_version", &M::source_deployment_version),
      field(2, "source_deployment_revision_number", &M::source_deployment_revision_number),
      field(3, "continue_as_new_initial_versioning_behavior",
            &M::continue_as_new_initial_versioning_behavior));
};

template <>
struct Description<proto::DeclinedTargetVersionUpgrade> {
  using M = proto::DeclinedTargetVersionUpgrade;
  static constexpr std::string_view name = "temporal.api.history.v1.DeclinedTargetVersionUpgrade";
  static constexpr auto fields =
      codec::fields(field(1, "deployment_version", &M::deployment_version),
                    field(2, "revision_number", &M::revision_number));
};

template <>
struct Description<proto::FastForwardConfig> {
  using M = proto::FastForwardConfig;
  static constexpr std::string_view name = "temporal.api.common.v1.FastForwardConfig";
  static constexpr auto fields =
      codec::fields(field(1, "id", &M::id), field(2, "duration", &M::duration));
};

template <>
struct Description<proto::TimeSkippingConfig> {
  using M = proto::TimeSkippingConfig;
  static constexpr std::string_view name = "temporal.api.common.v1.TimeSkippingConfig";
  static constexpr auto fields = codec::fields(
      field(1, "enabled", &M::enabled), field(2, "fast_forward_config", &M::fast_forward_config),
      field(3, "disable_propagation", &M::disable_propagation),
      field(4, "max_session_skip_count", &M::max_session_skip_count));
};

template <>
struct Description<proto::TimeSkippingStatePropagation> {
  using M = proto::TimeSkippingStatePropagation;
  static constexpr std::string_view name = "temporal.api.common.v1.TimeSkippingStatePropagation";
  static constexpr auto fields =
      codec::fields(field(1, "initial_skipped_duration", &M::initial_skipped_duration),
                    field(2, "fast_forward_target_time", &M::fast_forward_target_time),
                    field(3, "initial_skip_count", &M::initial_skip_count));
};

template <>
struct Description<proto::PropagatedSerializationContext> {
  using M = proto::PropagatedSerializationContext;
  static constexpr std::string_view name = "temporal.api.nexus.v1.PropagatedSerializationContext";
  static constexpr auto fields =
      codec::fields(field(1, "endpoint", &M::endpoint), field(2, "service", &M::service),
                    field(3, "operation", &M::operation));
};

}  // namespace durasim::inline v0::codec
