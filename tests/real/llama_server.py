"""llama.cpp's own HTTP server, as its wheel has it: `llama_server.py MODEL.gguf PORT`."""

import sys
import threading

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(sys.argv[2])
# Other files reach a model only where the context is larger than a batch and twice the answer.
parameters.n_ctx = 4096
parameters.n_batch = 512
parameters.n_parallel = 1
parameters.cpuparams.n_threads = 2
parameters.warmup = False
# Who says nothing of it gets the likeliest answer, the same at each run.
parameters.sampling.temp = 0
parameters.endpoint_props = parameters.endpoint_slots = parameters.endpoint_metrics = True
server = xllamacpp.Server(parameters)
threading.Event().wait()
