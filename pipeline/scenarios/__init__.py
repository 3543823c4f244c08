"""What may come: projection of energy and emissions, what drives their change, how sure it is.

The indicator table gives the `start` of every province (`start.start`) and the history behind trends; the parameters of
all regions become (low, mode, high) of each driver (`drivers.table`); `projection.project(start, drivers, years)` gives
all paths, regions x years x draws; `uncertainty.draws` makes the drivers of many draws; `decomposition.between` says by
LMDI what makes two projections differ. `outlook.compute` does all of it for an edition, `outlook.read` what reports read.
"""
