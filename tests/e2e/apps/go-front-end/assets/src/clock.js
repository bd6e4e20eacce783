console.log('hello from the clock', new Date().toISOString())
