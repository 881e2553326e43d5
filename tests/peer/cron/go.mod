module talforge.invalid/peer/cron

go 1.26.8

require github.com/netresearch/go-cron v0.9.1
