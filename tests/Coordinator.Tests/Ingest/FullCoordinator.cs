using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Coordinator.Runs;
using K8sBackup.ObjectStore.Local;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository;
using K8sBackup.Repository.Keys;
using K8sBackup.TestKit;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>The coordinator as it is composed for people: Kestrel, mTLS, a repository in a directory.</summary>
internal sealed class FullCoordinator : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<GrpcChannel> _channels = [];
    private WebApplication? _app;

    public string StoreDirectory => Path.Combine(_directory.Path, "store");

    public string AuditLog => Path.Combine(_directory.Path, "state", "audit.log");

    public string KeyPath => Path.Combine(_directory.Path, "key");

    public WorkBoard Board => _app!.Services.GetRequiredService<WorkBoard>();

    /// <summary>Makes the repository, without starting anything.</summary>
    public static async Task<FullCoordinator> InitialiseAsync()
    {
        FullCoordinator coordinator = new();
        using KeyFile key = KeyFile.Generate();
        using RecoveryPrivateKey recovery = RecoveryPrivateKey.Generate();
        key.WriteNew(coordinator.KeyPath);
        using MasterKeys keys = await RepositoryInitializer.CreateAsync(
            LocalObjectStore.Open(coordinator.StoreDirectory),
            [new NewSlot(key, "key"), new NewSlot(recovery.PublicKey, "recovery")],
            TimeProvider.System,
            CancellationToken.None);
        return coordinator;
    }

    public async Task StartAsync()
    {
        CoordinatorOptions options = new()
        {
            Cluster = "prod",
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Hosts = ["localhost", "127.0.0.1"],
            State = Path.Combine(_directory.Path, "state"),
            Plans = Directory.CreateDirectory(Path.Combine(_directory.Path, "plans")).FullName,
            Store = StoreOptions.ForLocal(StoreDirectory),
            KeyFile = KeyPath,
            LogLevel = Microsoft.Extensions.Logging.LogLevel.Warning,
        };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.AddHosting(options);
        await builder.Services.AddRepositoryAsync(options, CancellationToken.None);
        builder.Services.AddEnrolment(options).AddFleet(options).AddPlans(options).AddRuns(options).AddOperatorApi(options);
        _app = builder.Build();
        _app.MapGrpcService<UploadService>();
        _app.MapGrpcService<DownloadService>();
        _app.MapGrpcService<EnrolmentService>();
        _app.MapGrpcService<OperatorService>();
        await _app.StartAsync();
    }

    public AuthorityRing Ring => _app!.Services.GetRequiredService<AuthorityRing>();

    public GrpcChannel ChannelOf(Role role, string name)
    {
        CertificateAuthority authority = Ring.Current.Issuing;
        PeerIdentity peer = new("prod", role, name);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = authority.IssueClient(new PublicKey(key), peer, TimeSpan.FromHours(1));
        LocalIdentity identity = new(peer, certificate.CopyWithPrivateKey(key), new TrustedAuthorities(Ring.Current.Certificates, TimeProvider.System));
        Uri address = new($"https://{File.ReadAllText(Path.Combine(_directory.Path, "state", "address")).Trim()}");
        GrpcChannel channel = CoordinatorChannel.Create(address, identity);
        _channels.Add(channel);
        return channel;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (GrpcChannel channel in _channels)
        {
            channel.Dispose();
        }

        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _directory.Dispose();
    }
}
