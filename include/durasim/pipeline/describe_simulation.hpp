// How the simulation's types look in payloads: the members that travel. Members and enumerators may
// be added, and those that are missing keep their defaults.
#pragma once

#include "durasim/core/describe.hpp"
#include "durasim/core/frame_sink.hpp"
#include "durasim/geometry/describe_math.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/loop.hpp"
#include "durasim/sim/mjcf_builder.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/result.hpp"
#include "durasim/sim/verdict.hpp"
#include "durasim/sim/zone.hpp"

namespace durasim::inline v0 {
BOOST_DESCRIBE_STRUCT(VideoFormat, (), (width, height, fps, draft))
}  // namespace durasim::inline v0

namespace durasim::inline v0::geometry {

BOOST_DESCRIBE_ENUM(Severity, Warning, Error)
BOOST_DESCRIBE_ENUM(ProblemCode, UnreadableFile, ImportCrashed, ImportTimeout, ImportMemory,
                    LimitExceeded, UnitRequired, EmptyAssembly, NoSolid, OpenMesh,
                    InconsistentWinding, NonManifoldMesh, NotFinite, ZeroVolume, PartTooSmall,
                    BadMaterial, BadShape, DuplicateName, ReservedName, UnknownPart, BadZone,
                    BadOption, OverlapAtStart, InertiaInvalid, ModelRejected, ShellMadeSolid,
                    MeshReduced, ImplausibleSize, ImplausibleMass, ConcaveAsHull,
                    FrictionApproximated, PropertyError, NotRepresented, ScriptFailed)
BOOST_DESCRIBE_STRUCT(Problem, (), (severity, part, code, message))

}  // namespace durasim::inline v0::geometry

namespace durasim::inline v0::sim {

BOOST_DESCRIBE_ENUM(FileFormat, Step, Stl, Obj, Msh, Mjcf, Json)
BOOST_DESCRIBE_ENUM(ZoneKind, Goal, Forbid, Build, Bounds, Start)
BOOST_DESCRIBE_STRUCT(Zone, (), (kind, name, box_m))
BOOST_DESCRIBE_ENUM(GoalTest, CentreOfMass, GeometryOverlap)
BOOST_DESCRIBE_STRUCT(GoalRule, (), (target, dwell, test))
BOOST_DESCRIBE_STRUCT(MotorOverload, (), (fraction, window))
BOOST_DESCRIBE_STRUCT(StartOffset, (), (body, offset_m))
BOOST_DESCRIBE_STRUCT(LoopOptions, (),
                      (duration, zones, goal, motor_overload, speed_limit_m_s, seed, start_offsets))
BOOST_DESCRIBE_ENUM(ModelParameter, Friction, Mass, Gravity, Damping, Gear)
BOOST_DESCRIBE_ENUM(Axis, X, Y, Z)
BOOST_DESCRIBE_ENUM(OverlapPolicy, Exclude, Keep, Error)
BOOST_DESCRIBE_STRUCT(FloorOptions, (), (present, height_m, material))
BOOST_DESCRIBE_STRUCT(SceneOptions, (),
                      (up, gravity_m_s2, floor, overlap, rigid, require_exact_collision, fixed,
                       zones, timestep_s, contact_time_constant_s, contact_width_m, integrator,
                       speculative_contacts, max_hull_vertices, max_friction_pairs))
BOOST_DESCRIBE_ENUM(Outcome, Success, Fail)
BOOST_DESCRIBE_ENUM(ReasonCode, Stable, GoalReached, Timeout, ForbidZoneHit, OutOfBounds,
                    PhysicsInstability, MotorOverload, InvalidGeometry)
BOOST_DESCRIBE_STRUCT(Verdict, (), (outcome, code, detail, time))
BOOST_DESCRIBE_STRUCT(Metrics, (),
                      (sim_time, steps, energy_j, max_speed_m_s, max_contact_force_n,
                       max_penetration_m, max_kinetic_energy_j, max_contacts))
BOOST_DESCRIBE_STRUCT(PartReport, (),
                      (name, path, fixed, material, volume_m3, mass_kg, com_m, inertia_kg_m2,
                       property_error, collision, collision_volume_ratio, warnings))
BOOST_DESCRIBE_STRUCT(Provenance, (), (versions, input_sha256, mjcf_sha256, seed, fingerprint))
BOOST_DESCRIBE_STRUCT(SimulationResult, (),
                      (verdict, metrics, artifact_urls, video_url, missing, final_state_hash,
                       provenance, problems, parts, notes, warnings, report))

}  // namespace durasim::inline v0::sim
