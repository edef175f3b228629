// Checks and integrals over closed triangle meshes. MuJoCo accepts a mesh with a missing face and
// gives it a wrong mass, so watertightness is checked here.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/geometry/shape.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::geometry {

// A triangle whose vertex is not there, as BAD_SHAPE; nothing when there is none. Thread-safe.
DURASIM_EXPORT std::optional<Problem> check_indices(const TriangleMesh& mesh,
                                                    const std::string& part);

// Joins vertices that are equal bit for bit, or that fall into the same cell of a grid of
// `tolerance_m`, and drops triangles that lose an edge by it. Throws InvalidArgument where
// check_indices finds a problem. Thread-safe.
DURASIM_EXPORT TriangleMesh weld(const TriangleMesh& mesh, double tolerance_m = 0);

// Every defect of a welded mesh that is to be a solid: BAD_SHAPE, NOT_FINITE, OPEN_MESH,
// NON_MANIFOLD_MESH, INCONSISTENT_WINDING, ZERO_VOLUME; empty when it is a closed, consistently
// oriented surface with its outside out. `part` goes into the problems. Thread-safe.
DURASIM_EXPORT std::vector<Problem> check_solid(const TriangleMesh& mesh, const std::string& part);

// Volume, centre of mass and inertia of the solid inside a closed mesh, by the divergence theorem
// (Eberly, "Polyhedral Mass Properties (Revisited)"). Exact for the polyhedron up to rounding.
// Throws InvalidArgument as weld does. Thread-safe.
DURASIM_EXPORT MassProperties mass_properties(const TriangleMesh& mesh);

// A closed-looking mesh of at most about `max_triangles`, for pictures, by vertex clustering on a
// grid. Not for mass or contact. Throws InvalidArgument as weld does. Thread-safe.
DURASIM_EXPORT TriangleMesh reduce(const TriangleMesh& mesh, std::size_t max_triangles);

}  // namespace durasim::inline v0::geometry
