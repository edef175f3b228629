// Everything that an author of workflow code includes.
#pragma once

#include "durasim/core/failure.hpp"
#include "durasim/core/names.hpp"
#include "durasim/workflow/branch.hpp"
#include "durasim/workflow/combinators.hpp"
#include "durasim/workflow/context.hpp"
#include "durasim/workflow/coroutine.hpp"
#include "durasim/workflow/implementation.hpp"
#include "durasim/workflow/options.hpp"
#include "durasim/workflow/queries.hpp"
#include "durasim/workflow/signals.hpp"
