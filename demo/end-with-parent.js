/**
 * Preloaded into processes that the demo starts (`node --import`): when the demo is gone, however it went, the
 * process is told to end. The channel to the demo carries nothing else.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
