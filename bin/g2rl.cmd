@echo off
rem The command line in the editor's terminals, run by the editor's own Node (G2RL_NODE), or by the one on the path.
setlocal
set ELECTRON_RUN_AS_NODE=1
if not defined G2RL_NODE set G2RL_NODE=node
"%G2RL_NODE%" "%~dp0..\dist\cli.cjs" %*
