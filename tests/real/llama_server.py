"""llama.cpp's own HTTP server from its wheel: `llama_server.py MODEL.gguf PORT`."""

import sys
import threading

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(sys.argv[2])
# A prompt contains other files only if the context is larger than a batch and twice the answer, and of the text before the hole
# only what fits into three quarters of a batch. If that is less than we send, its start moves with each key.
parameters.n_ctx = 4096
parameters.n_batch = 1024
parameters.n_parallel = 1
parameters.cpuparams.n_threads = 2
parameters.warmup = False
# Without a temperature in the request, the answer is the most likely one and the same in each run.
parameters.sampling.temp = 0
parameters.endpoint_props = parameters.endpoint_slots = parameters.endpoint_metrics = True
server = xllamacpp.Server(parameters)
threading.Event().wait()
