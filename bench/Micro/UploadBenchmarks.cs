using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Bench.Micro;

/// <summary>64 frames of 1 MiB over one upload stream on loopback with mutual TLS, to a server that throws them away.</summary>
[MemoryDiagnoser]
public class UploadBenchmarks
{
    private const int Frames = 64;

    private readonly Frame _frame = new() { Payload = UnsafeByteOperations.UnsafeWrap(SampleBytes.Random()) };
    private readonly string _directory = Directory.CreateTempSubdirectory("k8sbackup-micro-").FullName;
    private WebApplication? _server;
    private GrpcChannel? _channel;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        CertificateAuthority authority = CertificateAuthority.OpenOrCreate(_directory, "bench", TimeProvider.System);
        TrustedAuthorities trusted = new([authority.Certificate], TimeProvider.System);
        X509Certificate2 certificate = authority.IssueServer(["localhost"]);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => CoordinatorListener.Listen(kestrel, new IPEndPoint(IPAddress.Loopback, 0), () => certificate, trusted));
        builder.Logging.ClearProviders();
        builder.Services.AddRouting();
        builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = MessageLimits.ReceiveBytesMax);
        builder.Services.AddSingleton<DiscardingUpload>();
        _server = builder.Build();
        _server.MapGrpcService<DiscardingUpload>();
        await _server.StartAsync();
        Uri address = new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PeerIdentity peer = new("bench", Role.Worker, "node");
        X509Certificate2 client = authority.IssueClient(new PublicKey(key), peer, TimeSpan.FromHours(1)).CopyWithPrivateKey(key);
        _channel = CoordinatorChannel.Create(new Uri($"https://localhost:{address.Port}"), new LocalIdentity(peer, client, trusted));
    }

    [Benchmark]
    public async Task Upload64MiB()
    {
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = new Upload.UploadClient(_channel).Send();
        for (int i = 0; i < Frames; i++)
        {
            await call.RequestStream.WriteAsync(new UploadRequest { Frame = _frame });
        }

        await call.RequestStream.CompleteAsync();
        await call.ResponseStream.MoveNext(CancellationToken.None);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        _channel?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private sealed class DiscardingUpload : Upload.UploadBase
    {
        public override async Task Send(
            IAsyncStreamReader<UploadRequest> requestStream, IServerStreamWriter<UploadResponse> responseStream, ServerCallContext context)
        {
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                // Thrown away.
            }
        }
    }
}
