using K8sBackup.TestKit.Certificates;

namespace K8sBackup.TestKit.ObjectGateways;

/// <summary>The configuration of a one-machine Ceph that keeps everything in memory and asks nobody for anything.</summary>
internal static class CephConfiguration
{
    /// <summary>The text of ceph.conf.</summary>
    public static string Text(string directory, string cluster, CephPorts ports, PemFiles? tls, long capacityBytes) => $"""
        [global]
        fsid = {cluster}
        mon_host = [v2:127.0.0.1:{ports.Monitor},v1:127.0.0.1:{ports.MonitorOld}]
        public_addr = 127.0.0.1
        cluster_addr = 127.0.0.1
        # Nobody but this test can reach it; tickets and encryption between its parts would cost start-up time.
        auth_cluster_required = none
        auth_service_required = none
        auth_client_required = none
        keyring = {directory}/keyring
        run_dir = {directory}
        admin_socket = {directory}/$name.asok
        log_file = {directory}/$name.log
        log_to_stderr = false
        debug_ms = 0/0
        mon_data = {directory}/mon
        osd_data = {directory}/osd
        rgw_data = {directory}/rgw
        osd_objectstore = memstore
        memstore_device_bytes = {capacityBytes}
        # One disk: nothing is replicated and nothing complains about it.
        osd_crush_chooseleaf_type = 0
        osd_pool_default_size = 1
        osd_pool_default_min_size = 1
        osd_pool_default_pg_num = 4
        osd_pool_default_pgp_num = 4
        osd_pool_default_pg_autoscale_mode = off
        mon_allow_pool_size_one = true
        mon_max_pg_per_osd = 1000
        mon_warn_on_pool_no_redundancy = false
        mon_data_avail_warn = 1
        mon_data_avail_crit = 1
        auth_allow_insecure_global_id_reclaim = true
        # A monitor alone need not wait for others to agree; the usual values make the start ten times as long.
        paxos_propose_interval = 0.02
        paxos_min_wait = 0.01
        osd_op_num_shards = 2
        osd_op_num_threads_per_shard = 1
        [client.rgw]
        # The gateway insists on encryption otherwise, and waits for ever without tickets.
        ms_mon_client_mode = crc
        auth_client_required = none
        rgw_frontends = beast endpoint=127.0.0.1:{ports.Http}{Tls(ports, tls)}
        rgw_thread_pool_size = 64
        rgw_enable_usage_log = false
        rgw_enable_ops_log = false

        """;

    private static string Tls(CephPorts ports, PemFiles? tls) =>
        tls is null ? "" : $" ssl_endpoint=127.0.0.1:{ports.Https} ssl_certificate={tls.CertificatePath} ssl_private_key={tls.KeyPath}";
}
