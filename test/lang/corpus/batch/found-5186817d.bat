for/f"usebackq tokens=1,2,3,4,5" %%A in('h h 
 "" ?')do %%E