-- Writes `value` to KEYS[index]. SETRANGE keeps the expiry too, and is faster than SET.
if lifetime > 0 then
  call("SET", KEYS[index], value, "PX", lifetime)
elseif lifetime == 0 then
  call("SETRANGE", KEYS[index], "0", value)
else
  call("SET", KEYS[index], value, "KEEPTTL")
end
