IF %1 EQU ] (
1)