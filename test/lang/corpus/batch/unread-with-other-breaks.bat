exit 
"
f